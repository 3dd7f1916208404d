-- Mails to the shop's own people. Their contacts stand beside the customers', by their ids.
INSERT INTO template (code, language, subject, body) VALUES
('staff_invitation', 'es', 'Tu acceso a la tienda', 'Hola, {{full_name}}:

Te dieron acceso a la tienda con el usuario {{username}}. Elige una contraseña con esta clave, que sirve una sola vez y durante {{hours}} horas:

{{password_key}}

Nadie más conoce tu contraseña: no la compartas. Si no esperabas este mensaje, avisa a quien administra la tienda.
'),
('staff_invitation', 'en', 'Your access to the shop', 'Hello {{full_name}},

You were given access to the shop with the username {{username}}. Choose a password with this key, which is good once and for {{hours}} hours:

{{password_key}}

Nobody else knows your password: do not share it. If you did not expect this message, tell whoever runs the shop.
'),
('staff_password', 'es', 'Elige otra contraseña', 'Hola, {{full_name}}:

Pidieron que elijas otra contraseña para el usuario {{username}}. Hazlo con esta clave, que sirve una sola vez y durante {{hours}} horas:

{{password_key}}

Hasta entonces sirve la que tienes. Si no esperabas este mensaje, avisa a quien administra la tienda.
'),
('staff_password', 'en', 'Choose another password', 'Hello {{full_name}},

You were asked to choose another password for the username {{username}}. Do so with this key, which is good once and for {{hours}} hours:

{{password_key}}

Until then the one you have is good. If you did not expect this message, tell whoever runs the shop.
');
