// Balancers with the configuration of deploy/, of which only addresses are replaced.
import { until } from "../harness/deadline.ts";
import { freePort } from "../harness/brokers/free-port.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { deployText, tool } from "./tools.ts";

/** Two nodes, by their ports on 127.0.0.1. */
export type Nodes = readonly [number, number];

/** Writes the configuration into the directory and returns the command line. */
type Preparation = (
  directory: string,
  port: number,
  nodes: Readonly<Record<string, string>>,
) => Promise<readonly string[]>;

/** The balancers, by their names. */
export const BALANCERS: Readonly<Record<string, Preparation>> = {
  nginx: async (directory, port, nodes) => {
    await Bun.write(`${directory}/upstream.conf`, deployText("nginx/upstream.conf", nodes));
    const server = deployText("nginx/fanwire.conf", { "listen 80;": `listen 127.0.0.1:${port};` });
    await Bun.write(`${directory}/fanwire.conf`, server);
    await Bun.write(`${directory}/nginx.conf`, nginxMain(directory));
    return nginxCommand(directory);
  },
  haproxy: async (directory, port, nodes) => {
    const file = `${directory}/haproxy.cfg`;
    const bind = { "bind :80": `bind 127.0.0.1:${port}`, "maxconn 100000": "maxconn 1000" };
    await Bun.write(file, deployText("haproxy/haproxy.cfg", { ...bind, ...nodes }));
    return [tool("haproxy"), "-db", "-f", file];
  },
  caddy: async (directory, port, nodes) => {
    const file = `${directory}/Caddyfile`;
    const site = { "realtime.example.com {": `http://127.0.0.1:${port} {` };
    const text = deployText("caddy/Caddyfile", { ...site, ...nodes });
    await Bun.write(file, `{\n\tadmin off\n\tpersist_config off\n}\n${text}`);
    return [tool("caddy"), "run", "--adapter", "caddyfile", "--config", file];
  },
  traefik: async (directory, port, nodes) => {
    const file = `${directory}/traefik.yml`;
    const dynamic = `${directory}/fanwire.yml`;
    const own = { '":80"': `"127.0.0.1:${port}"`, "/etc/traefik/fanwire.yml": dynamic };
    await Bun.write(file, deployText("traefik/traefik.yml", own));
    await Bun.write(dynamic, deployText("traefik/fanwire.yml", nodes));
    return [tool("traefik"), `--configfile=${file}`];
  },
};

/** Starts a balancer in front of the nodes and waits until it passes on what they answer. Returns its port. */
export async function startBalancer(scope: Scope, name: string, nodes: Nodes): Promise<number> {
  const directory = makeDirectory(scope);
  const port = await freePort();
  const command = await BALANCERS[name]?.(directory, port, placesOf(nodes));
  if (command === undefined) throw new Error(`Cannot start balancer "${name}": it is not known`);
  const program = new Program(scope, command, { directory });
  // nginx ends its other processes only when it is asked to end.
  if (name === "nginx")
    scope.add(async () => {
      program.terminate();
      await program.outcome();
    });
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    `${name} to reach a node\n${program.stdout}${program.stderr}`,
  );
  return port;
}

/** The command line of nginx with a configuration that `BALANCERS.nginx` has written. */
export function nginxCommand(directory: string): readonly string[] {
  return [tool("nginx"), "-e", "stderr", "-p", directory, "-c", `${directory}/nginx.conf`];
}

function placesOf([first, second]: Nodes): Readonly<Record<string, string>> {
  return { "127.0.0.1:6001": `127.0.0.1:${first}`, "127.0.0.1:6002": `127.0.0.1:${second}` };
}

/** What stands around the files of deploy/nginx. nginx would otherwise use places of the whole machine. */
function nginxMain(directory: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(" ");
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `
    daemon off; ${user} worker_processes 2; pid ${directory}/nginx.pid; error_log stderr;
    events { worker_connections 256; }
    http { access_log off; ${paths} include ${directory}/upstream.conf; include ${directory}/fanwire.conf; }
  `;
}
