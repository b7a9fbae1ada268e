// Why a broker cannot be used, in words for people. The invariant: what a broker or a library says is shown on one line,
// and without the secrets that the bus was given.

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the broker has closed the connection",
  ENOTFOUND: "the host is not known",
  EAI_AGAIN: "the host cannot be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "no answer in time",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another host",
  CERT_HAS_EXPIRED: "the certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate is signed by an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate is signed by an unknown authority",
};

/** What follows the colon of an error: a few words if the error is a known one, else its own first line. */
export function reasonOf(error: unknown): string {
  for (const part of chainOf(error)) {
    const known = REASONS[codeOf(part)];
    if (known !== undefined) return known;
  }
  // The error of several attempts has no text of its own.
  const [said = error] = chainOf(error).filter((part) => part instanceof Error && part.message);
  const text = said instanceof Error ? said.message : String(said);
  if (text.startsWith("Unknown RESP type")) return "it is no Redis server";
  return text.split("\n")[0] ?? "";
}

/** The error that `OpenBus` rejects with. `url` has no password in it. */
export function openError(
  url: string,
  error: unknown,
  secrets: readonly (string | undefined)[] = [],
): Error {
  return new Error(`Cannot open bus "${url}": ${withoutSecrets(reasonOf(error), secrets)}`);
}

/** The text with each secret replaced. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets.reduce<string>(
    (rest, secret) =>
      secret === undefined || secret === "" ? rest : rest.replaceAll(secret, "[secret]"),
    text,
  );
}

/** The error and those that caused it. */
function chainOf(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [error];
  const inner = error instanceof AggregateError ? [...error.errors] : [];
  return [error, ...inner, ...(error.cause === undefined ? [] : chainOf(error.cause))];
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
