-- What a buyer accepts. One row per version and language; the one in force is the latest whose day has come. Published texts never
-- change: a contract keeps the SHA-256 of the text that was accepted.
CREATE TABLE terms (
    version    text NOT NULL,
    locale     text NOT NULL CHECK (locale IN ('es', 'en')),
    title      text NOT NULL,
    body       text NOT NULL,
    sha256     char(64) NOT NULL,
    in_force_from date NOT NULL,
    PRIMARY KEY (version, locale)
);
CREATE INDEX terms_in_force ON terms (in_force_from DESC, version DESC);

-- In PL/pgSQL, which plans its query once a session.
CREATE FUNCTION terms_version(on_day date) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT version FROM terms WHERE in_force_from <= on_day ORDER BY in_force_from DESC, version DESC LIMIT 1);
END $$;

INSERT INTO terms (version, locale, title, body, sha256, in_force_from)
SELECT 'v1', t.locale, t.title, t.body, encode(sha256(convert_to(t.body, 'UTF8')), 'hex'), '2020-01-01'
FROM (VALUES ('es', 'Condiciones de la venta a cuotas', $terms$# Condiciones de la venta a cuotas

1. **Qué compra y cuánto paga.** El contrato muestra los productos, el precio, la cuota inicial si la hay, y cada cuota con su fecha y su valor. La suma de todo es lo único que debe: no hay otros cobros por el financiamiento.
2. **Intereses.** Se calculan solo sobre el saldo que falta por pagar, a la tasa anual indicada. Se muestran también la tasa nominal y la tasa efectiva anual, que incluye todo el costo. Los planes sin interés no lo tienen.
3. **Cuándo empieza.** El pedido queda confirmado con su primer pago. Mientras tanto reservamos los productos hasta la hora indicada; si no se paga a tiempo, el pedido vence y usted no debe nada.
4. **Cómo paga.** Con el medio de pago que elija. Si lo guarda, cobraremos cada cuota en su fecha; le avisamos antes y puede cambiarlo cuando quiera.
5. **Pagos anticipados.** Puede pagar antes, en todo o en parte, sin penalidad.
6. **Si se atrasa.** Le avisaremos y podrá ponerse al día con un enlace de pago. No cobramos intereses sobre intereses.
7. **Desistir y reclamar.** Tiene los derechos de retracto, garantía y reclamo que le da la ley de su país; estas condiciones no los limitan.
8. **Sus datos.** Los usamos para este contrato y para lo que usted autorice. Puede consultar este contrato y su cronograma en cualquier momento.
$terms$),
             ('en', 'Terms of sale in installments', $terms$# Terms of sale in installments

1. **What you buy and what you pay.** The contract shows the products, the price, the deposit if there is one, and each installment with its date and amount. Their sum is all you owe: there are no other charges for the financing.
2. **Interest.** It is charged only on the balance you still owe, at the annual rate shown. The nominal rate and the effective annual rate, which includes the whole cost, are shown too. Interest-free plans have none.
3. **When it begins.** The order is confirmed by its first payment. Until then we hold the products up to the time shown; if it is not paid in time the order expires and you owe nothing.
4. **How you pay.** With the payment method you choose. If you save it, we charge each installment on its date; we remind you before, and you can change it whenever you like.
5. **Paying early.** You may pay early, in whole or in part, without a penalty.
6. **If you fall behind.** We will tell you, and you can catch up through a payment link. We charge no interest on interest.
7. **Withdrawal and complaints.** You have the rights of withdrawal, warranty and complaint that the law of your country gives you; these terms do not limit them.
8. **Your data.** We use it for this contract and for what you consent to. You can read this contract and its schedule at any time.
$terms$)) AS t(locale, title, body);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON terms FROM {{app}};
