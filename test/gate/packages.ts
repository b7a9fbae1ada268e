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

/** The commands that the tests of deploy/ run, and the Debian packages that have them. */
const DEPLOY_PACKAGES: Readonly<Record<string, string>> = {
  nginx: "nginx",
  haproxy: "haproxy",
  "docker-compose": "docker-compose",
  "systemd-analyze": "systemd",
  "redis-server": "redis-server",
  "nats-server": "nats-server",
  python3: "python3",
  pip: "python3-pip",
};

/** Installs what the tests of deploy/ run: with apt-get, and what Debian does not have with pip, into a folder of this repository. */
export async function installDeployPrograms(root: string): Promise<void> {
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
  const missing = Object.entries(DEPLOY_PACKAGES)
    .filter(([command]) => Bun.which(command, { PATH }) === null)
    .map(([, name]) => name);
  if (missing.length > 0) await install(missing.join(", "), missing);
  const list = `${root}/test/deploy/requirements.txt`;
  const folder = `${root}/.toolchain/deploy`;
  const installed = Bun.file(`${folder}/requirements.txt`);
  const wanted = await Bun.file(list).text();
  if ((await installed.exists()) && (await installed.text()) === wanted) return;
  // Only what has the sums that the list names, without what it depends on.
  const options = ["--quiet", "--no-deps", "--require-hashes", "--upgrade", "--target", folder];
  const child = Bun.spawn(["pip", "install", ...options, "--requirement", list], {
    stdout: "ignore",
    stderr: "inherit",
    env: { ...process.env, PIP_ROOT_USER_ACTION: "ignore", PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  });
  if ((await child.exited) === 0) await Bun.write(installed, wanted);
  else process.stdout.write(`pip install --requirement ${list} failed\n`);
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
