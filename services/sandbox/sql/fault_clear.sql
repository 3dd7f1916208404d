-- Cancels what was ordered and has not happened.
UPDATE fault SET remaining = 0 WHERE remaining > 0
