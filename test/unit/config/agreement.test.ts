// Options that are valid alone and invalid together.

import { describe, expect, test } from "bun:test";
import { configOf, errorsOf } from "./reading.ts";

const CERT = "/c.pem";
const KEY = "/k.pem";

describe("TLS", () => {
  const CASES: readonly (readonly [ssl: object, on: boolean])[] = [
    [{}, false],
    [{ enabled: false }, false],
    [{ enabled: true, cert_path: CERT, key_path: KEY }, true],
    [{ certPath: CERT, keyPath: KEY }, true],
    [{ enabled: false, cert_path: CERT, key_path: KEY }, false],
    [{ enabled: false, cert_path: CERT }, false],
    [{ certPath: "", keyPath: "" }, false],
  ];
  for (const [ssl, on] of CASES)
    test(`is ${on ? "on" : "off"} with ${JSON.stringify(ssl)}`, () => {
      expect(configOf({ ssl }).sslEnabled).toBe(on);
    });

  test("is on when both paths are set, whatever their sources", () => {
    const file = { ssl: { keyPath: KEY } };
    expect(configOf(file, { env: { SOKETI_SSL_CERT: CERT } }).sslEnabled).toBe(true);
  });

  const WRONG: readonly (readonly [ssl: object, message: string])[] = [
    [{ enabled: true }, "ssl.enabled: TLS needs ssl.cert_path and ssl.key_path too"],
    [{ enabled: true, cert_path: CERT }, "ssl.enabled: TLS needs ssl.key_path too"],
    [{ certPath: CERT, keyPath: "" }, "ssl.certPath: TLS needs ssl.key_path too"],
    [{ key_path: KEY }, "ssl.key_path: TLS needs ssl.cert_path too"],
  ];
  for (const [ssl, message] of WRONG)
    test(`is refused with ${JSON.stringify(ssl)}`, () => {
      expect(errorsOf({ ssl })).toEqual([`fanwire.json: Cannot use ${message}`]);
    });
});

describe("the port of metrics", () => {
  const metrics = { enabled: true, port: 6001 };

  test("must not be that of the server", () => {
    const message =
      "fanwire.json: Cannot use metrics.port: metrics have a port of their own, this is the port of the server";
    expect(errorsOf({ metrics })).toEqual([message]);
    expect(errorsOf({ host: "127.0.0.1", metrics: { ...metrics, host: "0.0.0.0" } })).toEqual([
      message,
    ]);
    expect(errorsOf({ port: 9601, metrics: { enabled: true } })).toEqual([
      message.replace("metrics.port", "port"),
    ]);
  });

  const RIGHT: readonly object[] = [
    { metrics: { ...metrics, enabled: false } },
    { metrics, host: "127.0.0.2" },
    { metrics, unix_socket: { enabled: true } },
    { metrics: { ...metrics, port: 0 }, port: 0 },
  ];
  for (const file of RIGHT)
    test(`is accepted with ${JSON.stringify(file)}`, () => {
      expect(() => configOf(file)).not.toThrow();
    });
});

describe("the waits of webhooks", () => {
  test("must grow", () => {
    const problem =
      "webhooks.retry.initial_backoff_ms must not be longer than webhooks.retry.max_backoff_ms";
    expect(errorsOf({ webhooks: { retry: { initial_backoff_ms: 70_000 } } })).toEqual([
      `fanwire.json: Cannot use webhooks.retry.initial_backoff_ms: ${problem}`,
    ]);
    expect(errorsOf({ webhooks: { retry: { max_backoff_ms: 500 } } })).toEqual([
      `fanwire.json: Cannot use webhooks.retry.max_backoff_ms: ${problem}`,
    ]);
  });
});
