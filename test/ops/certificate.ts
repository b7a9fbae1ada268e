// Self-signed certificates, made by openssl in a test's directory.
import { X509Certificate } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { connect } from "node:tls";
import { within } from "../harness/deadline.ts";
import type { Target } from "../harness/target.ts";

/** Where a server reads its certificate and its key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of localhost and 127.0.0.1. */
export interface Certificate {
  readonly pem: string;
  /** SHA-256, as TLS libraries show it. */
  readonly fingerprint: string;
}

/** Makes a certificate, different each time, and puts it into the files, whatever they hold. @throws when openssl cannot. */
export function makeCertificate({ cert, key }: CertificateFiles): Certificate {
  const options = [
    "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2",
    "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1",
  ].flatMap((line) => line.split(" "));
  const made = Bun.spawnSync([
    "openssl",
    "req",
    ...options,
    "-keyout",
    `${key}.new`,
    "-out",
    `${cert}.new`,
  ]);
  if (made.exitCode !== 0)
    throw new Error(`Cannot make certificate "${cert}": ${made.stderr.toString()}`);
  renameSync(`${key}.new`, key);
  renameSync(`${cert}.new`, cert);
  const pem = readFileSync(cert, "utf8");
  return { pem, fingerprint: new X509Certificate(pem).fingerprint256 };
}

/** The fingerprint of the certificate that the server shows on a new connection. */
export function shownFingerprint({ host, port }: Target): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Any certificate is taken, since this only looks at it.
  const socket = connect({ host, port, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().fingerprint256);
    socket.end();
  });
  socket.on("error", reject);
  return within(promise, "a TLS handshake");
}
