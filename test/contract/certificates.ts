// A certificate authority of the tests, and a certificate of 127.0.0.1 that it has signed.
import { brokerDirectory } from "../harness/brokers/broker.ts";
import type { Scope } from "../harness/scope.ts";

/** Where they are, as PEM. */
export interface CertificatePaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes both with openssl, in a directory of the scope. @throws when openssl cannot. */
export function makeCertificates(scope: Scope): CertificatePaths {
  const directory = brokerDirectory(scope);
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const extensions = [
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-addext basicConstraints=critical,CA:FALSE",
  ].join(" ");
  openssl(directory, `${request} -subj /CN=authority -keyout ca.key -out ca.pem`);
  openssl(
    directory,
    `${request} -subj /CN=localhost ${extensions} -CA ca.pem -CAkey ca.key -keyout key.pem -out cert.pem`,
  );
  return {
    ca: `${directory}/ca.pem`,
    cert: `${directory}/cert.pem`,
    key: `${directory}/key.pem`,
  };
}

function openssl(directory: string, args: string): void {
  const made = Bun.spawnSync(["openssl", ...args.split(" ")], { cwd: directory });
  if (made.exitCode !== 0) throw new Error(`Cannot make a certificate: ${made.stderr.toString()}`);
}
