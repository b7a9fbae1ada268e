// Signing in on a node that has others: a client is told at once who of its watchlist is online, on all nodes.
import { beforeEach, describe, expect, test } from "bun:test";
import { setUserElsewhere } from "../../../src/hub/elsewhere.ts";
import { signinText } from "../../../src/protocol/signin.ts";
import { sign } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET } from "../../doubles/app.ts";
import { NodeRig, type RigClient, settled, taken } from "./rig.ts";

let rig: NodeRig;
let client: RigClient;

beforeEach(() => {
  rig = new NodeRig();
  rig.hub.update({ ...rig.hub.app, watchlist: true });
  rig.cluster.hasToLearn = true;
  client = rig.connect();
});

function signIn({ session }: RigClient, watchlist: readonly string[]): void {
  const userData = JSON.stringify({ id: "ada", watchlist });
  const auth = `${KEY}:${sign(SECRET, signinText(session.id, userData))}`;
  session.received(JSON.stringify({ event: "pusher:signin", data: { auth, user_data: userData } }));
}

describe("signing in", () => {
  test("waits until it is known who of the watchlist is online elsewhere", async () => {
    signIn(client, ["bob", "eve"]);
    await settled();
    expect(taken(client)).toEqual([]);
    rig.cluster.usersLearned.answer("bob,eve", undefined);
    await settled();
    expect(taken(client)).toEqual(["pusher:signin_success", "pusher_internal:watchlist_events"]);
  });

  test("goes on if the others do not say", async () => {
    signIn(client, ["bob"]);
    rig.cluster.usersLearned.fail("bob", "The broker is down");
    await settled();
    expect(taken(client)).toEqual(["pusher:signin_success", "pusher_internal:watchlist_events"]);
    setUserElsewhere(rig.hub, "bob", true);
    expect(taken(client)).toEqual(["pusher_internal:watchlist_events"]);
  });

  test("waits for nothing without a watchlist", () => {
    signIn(client, []);
    expect(taken(client)).toEqual(["pusher:signin_success"]);
  });

  test("is of no use to a socket that has closed meanwhile", async () => {
    signIn(client, ["bob"]);
    client.transport.close(1000, "");
    rig.cluster.usersLearned.answer("bob", undefined);
    await settled();
    expect([taken(client), rig.hub.users.size]).toEqual([[], 0]);
  });
});
