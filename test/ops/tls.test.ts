import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { APP, resource } from "../harness/target.ts";
import {
  type Certificate,
  type CertificateFiles,
  makeCertificate,
  shownFingerprint,
} from "./certificate.ts";

const scope = testScope();
let files: CertificateFiles;
let first: Certificate;
let server: Server;

beforeEach(async () => {
  const directory = makeDirectory(scope);
  files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  first = makeCertificate(files);
  server = await startServer(scope, {
    config: {
      ssl: { enabled: true, cert_path: files.cert, key_path: files.key },
      shutdown_grace_period: 1,
    },
  });
});

/** A client on a channel, which trusts the certificate and no other. */
async function subscribed({ pem }: Certificate, channel: string) {
  const url = `wss://${server.host}:${server.port}/app/${APP.key}?protocol=7`;
  const { client, socketId } = await connectRaw(scope, url, { ca: pem });
  client.subscribe({ channel });
  expect((await client.frames.next()).event).toBe("pusher_internal:subscription_succeeded");
  return { client, socketId };
}

/** Publishes, trusting the certificate and no other. */
async function publish({ pem }: Certificate, event: string, socketId?: string): Promise<void> {
  const body = JSON.stringify({ name: event, channel: "news", data: "{}", socket_id: socketId });
  const path = signRequest("POST", resource("/events"), body);
  const url = `https://${server.host}:${server.port}${path}`;
  const response = await fetch(url, { method: "POST", body, tls: { ca: pem } });
  expect([response.status, await response.text()]).toEqual([200, "{}"]);
}

/** The names of the events that have come, up to this one. */
async function eventsUpTo({ frames }: RawClient, last: string): Promise<readonly string[]> {
  const before = await frames.takeUntil(({ event }) => event === last);
  return before.map(({ event }) => event);
}

/** Writes a new certificate into the files and has the server load it. */
async function renew(): Promise<Certificate> {
  const before = server.program.stderr.length;
  const certificate = makeCertificate(files);
  server.program.signal("SIGHUP");
  await server.program.says(new RegExp(`^[^]{${before},}certificate renewed`));
  return certificate;
}

describe("a server with a certificate", () => {
  test("takes clients and requests over TLS, and shows that certificate", async () => {
    expect(await shownFingerprint(server)).toBe(first.fingerprint);
    const { client } = await subscribed(first, "news");
    await publish(first, "e");
    expect((await client.frames.next()).text).toBe('{"event":"e","data":"{}","channel":"news"}');
    server.program.terminate();
    expect((await client.closed()).code).toBe(4200);
    expect((await server.program.outcome()).code).toBe(0);
  });

  test("brings pusher-js to state connected, and gives it events", async () => {
    const program = new Program(
      scope,
      [process.execPath, `${import.meta.dir}/secure-client.ts`, String(server.port)],
      { directory: makeDirectory(scope), env: { NODE_EXTRA_CA_CERTS: files.cert } },
    );
    await program.says(/subscribed\n/);
    await publish(first, "headline");
    await program.says(/headline \{\}\n/);
  });

  test("has its port to itself", async () => {
    const config = { ssl: { enabled: true, cert_path: files.cert, key_path: files.key } };
    const refusal = await startServer(scope, { port: server.port, config }).then(
      () => "started",
      String,
    );
    expect(refusal).toContain(`Cannot listen on ${server.host}:${server.port}`);
    expect(await shownFingerprint(server)).toBe(first.fingerprint);
  });

  test("takes no plain connection", async () => {
    const client = new RawClient(scope, `ws://${server.host}:${server.port}/app/${APP.key}`);
    expect((await client.closed()).code).toBe(1006);
  });
});

test("SIGHUP without a certificate is no error, and says that there is nothing to do", async () => {
  const plain = await startServer(scope);
  plain.program.signal("SIGHUP");
  await plain.program.says(/INFO {2}nothing to take again reason="TLS is off"\n/);
  expect(plain.program.stderr).not.toContain("ERROR");
});

describe("SIGHUP", () => {
  test("shows the new certificate to who comes now, and leaves who is there as he is", async () => {
    const old = await subscribed(first, "news");
    const second = await renew();
    expect(second.fingerprint).not.toBe(first.fingerprint);
    const shown = await Promise.all(Array.from({ length: 10 }, () => shownFingerprint(server)));
    expect(new Set(shown)).toEqual(new Set([second.fingerprint]));
    await publish(second, "e");
    expect((await old.client.frames.next()).event).toBe("e");
    old.client.send({ event: "pusher:ping", data: {} });
    expect((await old.client.frames.next()).event).toBe("pusher:pong");
  });

  test("leaves out the right socket, on either side of it", async () => {
    const old = await subscribed(first, "news");
    const oldNeighbour = await subscribed(first, "news");
    const second = await renew();
    const young = await subscribed(second, "news");
    const youngNeighbour = await subscribed(second, "news");
    await publish(second, "not-to-old", old.socketId);
    await publish(second, "not-to-young", young.socketId);
    await publish(second, "last");
    expect(await eventsUpTo(old.client, "last")).toEqual(["not-to-young"]);
    expect(await eventsUpTo(young.client, "last")).toEqual(["not-to-old"]);
    for (const { client } of [oldNeighbour, youngNeighbour])
      expect(await eventsUpTo(client, "last")).toEqual(["not-to-old", "not-to-young"]);
  });

  test("loses no connect", async () => {
    const over = new AbortController();
    const shown = new Set<string>();
    const visitors = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) shown.add(await shownFingerprint(server));
    });
    const certificates = [first];
    for (let times = 0; times < 2; times++) {
      await until(() => shown.size === certificates.length, "a connect with each certificate");
      certificates.push(await renew());
    }
    await until(() => shown.size === certificates.length, "a connect with the last certificate");
    over.abort();
    await Promise.all(visitors);
    expect(shown).toEqual(new Set(certificates.map(({ fingerprint }) => fingerprint)));
  });

  test("may come again and again, also with clients of every certificate", async () => {
    const clients = [await subscribed(first, "news")];
    let last = first;
    for (let times = 0; times < 4; times++) {
      last = await renew();
      expect(await shownFingerprint(server)).toBe(last.fingerprint);
      clients.push(await subscribed(last, "news"));
    }
    // The listener of a certificate ends with its last client.
    await clients[1]?.client.leave();
    await publish(last, "e");
    for (const { client } of clients.filter((_, index) => index !== 1))
      expect(await eventsUpTo(client, "e")).toEqual([]);
    server.program.terminate();
    for (const { client } of clients.filter((_, index) => index !== 1))
      expect((await client.closed()).code).toBe(4200);
    expect((await server.program.outcome()).code).toBe(0);
  });

  test("with a certificate that is none changes nothing, and is told", async () => {
    const old = await subscribed(first, "news");
    const good = readFileSync(files.cert);
    writeFileSync(files.cert, "no certificate");
    server.program.signal("SIGHUP");
    await server.program.says(/certificate not renewed/);
    writeFileSync(files.cert, good);
    expect(await shownFingerprint(server)).toBe(first.fingerprint);
    const young = await subscribed(first, "news");
    await publish(first, "e");
    for (const { client } of [old, young]) expect(await eventsUpTo(client, "e")).toEqual([]);
  });
});
