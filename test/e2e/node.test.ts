import { expect, test } from "bun:test";
import { makeDirectory, Program } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";

const scope = testScope();

test("pusher-js and the server library work under Node as well", async () => {
  const node = Bun.which("node");
  if (node === null) throw new Error("Cannot test under Node: there is no node on the PATH");
  const { host, port, id, key, secret } = await startServer(scope);
  const application = new Program(
    scope,
    [node, `${import.meta.dir}/node-application.mjs`, host, String(port), id, key, secret],
    { directory: makeDirectory(scope) },
  );
  const { code, stdout, stderr } = await application.outcome();
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const lines = stdout.trim().split("\n");
  expect(lines[0]).toBe("here: 1, I am ada");
  // An event may arrive before or after the answer to its publish.
  expect(lines.toSorted()).toEqual([
    "answer: 200 {}",
    "answer: 200 {}",
    "here: 1, I am ada",
    "news: first",
    "news: second",
    'users: {"users":[{"id":"ada"}]}',
  ]);
});
