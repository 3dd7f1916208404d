-- What the new check says.
ALTER TABLE notification VALIDATE CONSTRAINT notification_words;
ALTER TABLE notification
    DROP CONSTRAINT notification_status_check, DROP CONSTRAINT notification_channel_check, DROP CONSTRAINT notification_check;
