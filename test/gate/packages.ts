// Installs programs that the end-to-end tests need and that npm does not have.

/** Installs Chromium with apt-get if no Chromium or Chrome is on the PATH. */
export async function installChromium(): Promise<void> {
  if (Bun.which("chromium") !== null || Bun.which("google-chrome") !== null) return;
  const apt = Bun.which("apt-get");
  if (apt === null) {
    process.stdout.write("Cannot install Chromium: there is no apt-get; install it by hand\n");
    return;
  }
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  for (const args of [
    ["update"],
    ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
  ]) {
    const child = Bun.spawn([...sudo, apt, "-qq", ...args], {
      stdout: "ignore",
      stderr: "inherit",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if ((await child.exited) !== 0) process.stdout.write(`apt-get ${args.join(" ")} failed\n`);
  }
}
