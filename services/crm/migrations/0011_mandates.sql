-- A title for what customers take back.
INSERT INTO timeline_text VALUES ('mandate.revoked', 'Cobro automático revocado', 'Automatic charges revoked', '{}');
