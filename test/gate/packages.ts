// Installs programs that the tests need and that npm does not have.

/** Installs Chromium with apt-get if no Chromium or Chrome is on the PATH. */
export async function installChromium(): Promise<void> {
  if (Bun.which("chromium") !== null || Bun.which("google-chrome") !== null) return;
  await install("Chromium", ["chromium", "fonts-dejavu-core"]);
}

/** Installs the brokers with apt-get: those of Redis (which are its sentinels too) and NATS that are not on the PATH. */
export async function installBrokers(): Promise<void> {
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
  const missing = ["redis-server", "nats-server"].filter(
    (name) => Bun.which(name, { PATH }) === null,
  );
  if (missing.length > 0) await install(missing.join(" and "), missing);
}

async function install(name: string, packages: readonly string[]): Promise<void> {
  const apt = Bun.which("apt-get");
  if (apt === null) {
    process.stdout.write(`Cannot install ${name}: there is no apt-get; install it by hand\n`);
    return;
  }
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const child = Bun.spawn([...sudo, apt, "-qq", ...args], {
      stdout: "ignore",
      stderr: "inherit",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if ((await child.exited) !== 0) process.stdout.write(`apt-get ${args.join(" ")} failed\n`);
  }
}
