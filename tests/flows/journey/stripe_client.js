// The official client against the payment sandbox. Reads {base, key, secret, webhook} as JSON on standard input, prints one JSON
// object: what each call answered, or how it failed. test_stripe_client.py judges.
'use strict';
const Stripe = require(process.argv[2]);

async function said(call) {
  try {
    return await call();
  } catch (error) {
    return { error: error.type, code: error.code, decline_code: error.decline_code, status: error.statusCode, intent: error.payment_intent?.status };
  }
}

async function main(input) {
  const { hostname, port, protocol } = new URL(input.base);
  const client = (key) => new Stripe(key, { host: hostname, port: Number(port), protocol: protocol.replace(':', ''), maxNetworkRetries: 0, telemetry: false });
  const stripe = client(input.key);
  const pay = (method, more = {}, options = {}) => stripe.paymentIntents.create(
    { amount: 12345, currency: 'usd', confirm: true, payment_method: method, payment_method_types: ['card'], metadata: { note: 'ñandú & co' }, ...more }, options);

  const out = {};
  out.paid = await said(() => pay('pm_card_visa'));
  out.read = await said(() => stripe.paymentIntents.retrieve(out.paid.id));
  out.declined = await said(() => pay('pm_card_visa_chargeDeclined'));
  out.insufficient = await said(() => pay('pm_card_visa_chargeDeclinedInsufficientFunds'));
  out.action = await said(() => pay('pm_card_authenticationRequired', { return_url: 'https://example.com/back' }));
  out.canceled = await said(() => stripe.paymentIntents.cancel(out.action.id));

  out.customer = await said(() => stripe.customers.create({ email: 'persona@example.com', metadata: { customer_id: 'c1' } }));
  out.setup = await said(() => stripe.setupIntents.create(
    { customer: out.customer.id, payment_method: 'pm_card_mastercard', payment_method_types: ['card'], confirm: true, usage: 'off_session' }));
  out.method = await said(() => stripe.paymentMethods.retrieve(out.setup.payment_method));
  out.offSession = await said(() => pay(out.setup.payment_method, { customer: out.customer.id, off_session: true }));
  out.badLater = await said(() => stripe.setupIntents.create(
    { customer: out.customer.id, payment_method: 'pm_card_chargeCustomerFail', payment_method_types: ['card'], confirm: true, usage: 'off_session' }));
  out.offSessionDeclined = await said(() => pay(out.badLater.payment_method, { customer: out.customer.id, off_session: true }));

  out.refund = await said(() => stripe.refunds.create({ payment_intent: out.paid.id, amount: 345 }));
  out.refundTooMuch = await said(() => stripe.refunds.create({ payment_intent: out.paid.id, amount: 99999 }));

  out.disputed = await said(() => pay('pm_card_createDispute'));
  out.disputes = await said(() => stripe.disputes.list());
  const dispute = out.disputes.data?.find((each) => each.payment_intent === out.disputed.id);
  out.dispute = await said(() => stripe.disputes.retrieve(dispute.id));
  out.disputeWon = await said(() => stripe.disputes.update(dispute.id, { evidence: { product_description: 'Silla', uncategorized_text: 'winning_evidence' } }));
  out.disputeOver = await said(() => stripe.disputes.close(dispute.id));

  const key = { idempotencyKey: 'key-' + Date.now() };
  out.once = await said(() => pay('pm_card_visa', {}, key));
  out.again = await said(() => pay('pm_card_visa', {}, key));
  out.other = await said(() => pay('pm_card_visa', { amount: 1 }, key));

  out.unknown = await said(() => stripe.paymentIntents.retrieve('pi_none'));
  out.invalid = await said(() => stripe.paymentIntents.create({ amount: -1, currency: 'usd' }));
  out.wrongKey = await said(() => client('sk_test_wrong_key_000000000000').paymentIntents.retrieve(out.paid.id));

  // The event our billing service got from the sandbox: the client accepts the sandbox's signature, and refuses a changed body.
  out.event = await said(async () => stripe.webhooks.constructEvent(input.webhook.payload, input.webhook.signature, input.secret, 86400));
  out.forged = await said(async () => stripe.webhooks.constructEvent(input.webhook.payload + ' ', input.webhook.signature, input.secret, 86400));
  // And a header the client makes is the one our receiver takes.
  out.header = stripe.webhooks.generateTestHeaderString({ payload: input.webhook.payload, secret: input.secret });
  console.log(JSON.stringify(out));
}

let text = '';
process.stdin.on('data', (piece) => { text += piece; });
process.stdin.on('end', () => main(JSON.parse(text)).catch((error) => { console.error(error); process.exit(1); }));
