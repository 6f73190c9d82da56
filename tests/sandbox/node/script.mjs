// A day's work with the gateway's own JavaScript client, against a served sandbox.
// In: the sandbox's base URL, "locked" or "unlocked". Out: one line per step; exit status 1 with the
// first wrong reply, or with the names of the methods that no step has called.
import assert from "node:assert/strict";
import http from "node:http";
import * as library from "@seven.io/client";

const [url, lock] = process.argv.slice(2);
const methods = new Set();
const called = new Set();

// Some methods stand on the prototype, others are arrow functions of each object.
function watch([name, Resource]) {
  class Watched extends Resource {
    constructor(client) {
      super(client);
      const names = new Set([...Object.keys(this), ...Object.getOwnPropertyNames(Resource.prototype)]);
      for (const key of names) {
        const method = this[key];
        if (key === "constructor" || typeof method !== "function") continue;
        methods.add(`${name}.${key}`);
        this[key] = (...values) => (called.add(`${name}.${key}`), method.apply(this, values));
      }
    }
  }
  return [name, Watched];
}

const resources = Object.entries(library).filter(([name]) => name.endsWith("Resource")).map(watch);
const seven = { ...library, ...Object.fromEntries(resources) };
seven.Client.BASE_URL = url;
console.log = () => {}; // its status resource prints what it got

const client = new seven.Client({ apiKey: "sandbox-key", sentWith: "script" });
const control = (path, body) =>
  fetch(url.replace("/api", "/_sandbox") + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).then((reply) => reply.json());

const steps = {
  async balance() {
    const { amount, currency } = await new seven.BalanceResource(client).get();
    assert.equal(typeof amount, "number");
    assert.equal(currency, "EUR");
  },
  async sms() {
    const sms = new seven.SmsResource(client);
    const sent = await sms.dispatch({ to: ["+491716992343", "+491716992344"], text: "hi", label: "l" });
    assert.equal(sent.success, "100");
    assert.deepEqual(sent.messages.map((one) => one.recipient), ["491716992343", "491716992344"]);
    assert.equal(typeof sent.messages[0].id, "string");
    const again = sms.dispatch({ to: ["+491716992343"], text: "hi" });
    if (lock === "locked") await assert.rejects(again, /402/);
    else assert.equal((await again).success, "100");
    await assert.rejects(sms.dispatch({ to: ["+491716992343"], text: "" }), /305/);
    const later = await sms.dispatch({ to: ["+491716992343"], text: "later", delay: new Date("2050-01-01") });
    const ids = later.messages.map((one) => one.id);
    assert.deepEqual(await sms.delete({ ids }), { success: true, deleted: ids });
    assert.equal((await sms.delete({ ids })).success, false);
    const [status] = await new seven.StatusResource(client).get([Number(sent.messages[0].id)]);
    assert.equal(status.status, "ACCEPTED");
  },
  async journal() {
    await control("/inbound/sms", { from: "+491716992343", text: "an answer" });
    const journal = new seven.JournalResource(client);
    const [row] = await journal.outbound({ to: "+491716992343" });
    assert.equal(row.connection, "script");
    assert.equal(row.price, "0.0750");
    assert.equal((await journal.inbound())[0].text, "an answer");
    assert.deepEqual(await journal.voice(), []);
  },
  async voice() {
    const called = await new seven.VoiceResource(client).dispatch({ to: ["+491716992343"], text: "hello" });
    assert.equal(called.debug, false);
    assert.equal(typeof called.messages[0].id, "number");
  },
  async rcs() {
    const rcs = new seven.RcsResource(client);
    const sent = await rcs.dispatch({ to: "+491716992343", text: "hi", delay: new Date("2050-01-01") });
    assert.equal(sent.messages[0].channel, "RCS");
    assert.deepEqual(await rcs.event({ event: "IS_TYPING", to: "+491716992343" }), { success: true });
    assert.deepEqual(await rcs.delete({ id: sent.messages[0].id }), { success: true });
    assert.equal((await new seven.AgentsResource(client).all()).agents[0].is_generic, false);
  },
  async groupsAndContacts() {
    const groups = new seven.GroupsResource(client);
    const contacts = new seven.ContactsResource(client);
    const { id } = await groups.create({ name: "friends" });
    const contact = await contacts.create({
      avatar: "",
      groups: [id],
      properties: { firstname: "Ada", lastname: "L", mobile_number: "491716992345", city: null },
    });
    assert.equal(contact.initials.initials, "AL");
    assert.equal((await groups.one(id)).members_count, 1);
    const changed = await contacts.update({
      ...contact,
      properties: { ...contact.properties, city: "Kiel" },
    });
    assert.equal(changed.properties.city, "Kiel");
    assert.equal((await contacts.list({ search: "kiel", limit: 30 })).data.length, 1);
    assert.equal((await contacts.get(contact.id)).id, contact.id);
    const sent = await new seven.SmsResource(client).dispatch({ to: ["friends"], text: "to all" });
    assert.equal(sent.messages[0].recipient, "491716992345");
    assert.equal((await groups.edit(id, { name: "others" })).name, "others");
    assert.equal((await groups.all()).data.length, 1);
    assert.deepEqual(await groups.delete(id), { success: true });
    assert.deepEqual((await contacts.get(contact.id)).groups, []);
    assert.deepEqual(await contacts.delete(contact.id), { success: true });
  },
  async hooks() {
    const hooks = new seven.HooksResource(client);
    const made = await hooks.subscribe({ eventType: "voice_call", targetUrl: "http://127.0.0.1:9/x" });
    assert.equal(typeof made.id, "number");
    const read = await hooks.read();
    assert.equal(read.hooks[0].id, String(made.id));
    assert.equal((await hooks.subscribe({ eventType: "all", targetUrl: "nonsense" })).success, false);
    assert.equal((await hooks.unsubscribe(made.id)).success, true);
  },
  async lookups() {
    const lookup = new seven.LookupResource(client);
    const numbers = ["491716992343", "4917612345678"];
    for (const kind of ["cnam", "format", "hlr", "mnp", "rcs"]) {
      assert.equal((await lookup[kind]({ numbers })).length, 2, kind);
    }
    assert.equal((await lookup.mnp({ numbers: numbers.slice(0, 1) })).mnp.mccmnc, "26201");
  },
  async numbers() {
    const numbers = new seven.NumbersResource(client);
    const { availableNumbers } = await numbers.listAvailable({ country: "DK", features_voice: true });
    const { number } = availableNumbers[0];
    assert.equal((await numbers.order({ number })).success, true);
    const changed = await numbers.update({ number, sms_forward: ["491716992343"] });
    assert.equal(changed.forward_sms_mo.sms.enabled, true);
    assert.equal((await numbers.getActive({ number })).number, number);
    assert.equal((await numbers.listActive()).activeNumbers.length, 2);
    assert.equal((await numbers.delete({ number, delete_immediately: true })).success, true);
  },
  async pricing() {
    const { countries } = await new seven.PricingResource(client).get({ country: "de" });
    assert.equal(countries[0].countryPrefix, "49");
  },
  async subaccounts() {
    const subaccounts = new seven.SubaccountsResource(client);
    const { subaccount } = await subaccounts.create({ name: "John", email: "john@acme.test" });
    const { id } = subaccount;
    assert.equal((await subaccounts.transferCredits({ id, amount: 3 })).success, true);
    assert.equal((await subaccounts.autoCharge({ id, threshold: 1, amount: 2 })).success, true);
    assert.equal((await subaccounts.read())[0].balance, "3.0000");
    assert.equal((await subaccounts.delete({ id })).success, true);
  },
  async analytics() {
    const analytics = new seven.AnalyticsResource(client);
    const start = new Date(Date.now() - 3 * 86_400_000); // the gateway's days are Berlin's
    assert.ok((await analytics.byDate({ start })).length >= 3);
    assert.ok((await analytics.byCountry())[0].sms >= 2);
    assert.ok((await analytics.byLabel({ label: "l" }))[0].sms >= 2);
    assert.equal((await analytics.bySubaccount()).length, 1);
  },
  async validation() {
    const started = await new seven.ValidateResource(client).start({ number: "+491716992343" });
    assert.match(started.code, /^\d{6}$/);
  },
  async webhooks() {
    // The vendor's verifier takes what the sandbox signs, in each form of a hook, also after its
    // clock was moved by weeks.
    const verifier = new seven.WebhookVerifier({ signingSecret: "sandbox-signing-secret" });
    const verdicts = [];
    const receiver = http.createServer((request, reply) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", async () => {
        const { method, headers } = request;
        const body = Buffer.concat(parts).toString();
        const { valid, error } = await verifier.verify({ method, headers, body, url: origin + request.url });
        verdicts.push(`${new URL(request.url, origin).searchParams.get("k")} ${method} ${valid} ${error}`);
        reply.writeHead(204).end();
      });
    });
    await new Promise((ready) => receiver.listen(0, "127.0.0.1", ready));
    const origin = `http://127.0.0.1:${receiver.address().port}`;
    const hooks = new seven.HooksResource(client);
    for (const requestMethod of ["JSON", "POST", "GET"]) {
      const targetUrl = `${origin}/hook?k=${requestMethod}`;
      await hooks.subscribe({ targetUrl, eventType: "all", requestMethod });
    }
    await control("/advance", { seconds: 40 * 86_400 });
    verdicts.length = 0; // what was sent before is reported on as the clock moves
    await control("/inbound/sms", { from: "+491716992343", text: "50 % [off] & Grüße" });
    await control("/inbound/call", { from: "+491716992343" });
    await control("/inbound/whatsapp", { from: "+491716992343", to: "4915112345678", text: "Hi" });
    await control("/inbound/rcs", { from: "+491716992343", text: "Hi" });
    assert.equal((await control("/advance", { seconds: 0 })).settled, true);
    receiver.close();
    receiver.closeAllConnections();
    const four = (line) => Array(4).fill(line);
    assert.deepEqual(verdicts.sort(), [
      ...four("GET GET true undefined"),
      ...four("JSON POST true undefined"),
      ...four("POST POST true undefined"),
    ]);
  },
  async signatures() {
    const sign = (signingSecret) => new seven.Client({ apiKey: "sandbox-key", signingSecret });
    const good = sign("sandbox-signing-secret");
    await new seven.PricingResource(good).get({ country: "de" });
    await new seven.SmsResource(good).dispatch({ to: ["+491716992343"], text: "Grüße, signed" });
    await assert.rejects(new seven.PricingResource(sign("another")).get({}), /901/);
  },
  async keys() {
    const wrong = new seven.Client({ apiKey: "wrong" });
    await assert.rejects(new seven.BalanceResource(wrong).get(), /900/);
    const bearer = new seven.Client({ apiKey: "Bearer sandbox-key" });
    assert.ok((await new seven.BalanceResource(bearer).get()).amount > 0);
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  process.stdout.write(`${name} ok\n`);
}

for (const [, Resource] of resources) new Resource(client); // all methods are known then
assert.deepEqual([...methods].filter((method) => !called.has(method)), []);
