// Tests that Node's private HTTP parser is used only while it has the expected members and behaviour.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { listen } from "../../../support/data-plane.ts";

type Parser = Record<string, unknown>;
const { HTTPParser } = createRequire(import.meta.url)("node:_http_common") as { HTTPParser: Parser };
const load = () => import("../../../../src/data-plane/http-client/node-forwarder.ts");

afterEach(() => vi.resetModules());

describe("the guard of Node's private HTTP parser", () => {
  test("the default forwarder uses the parser of this Node version", async () => {
    const { defaultForwarder } = await load();
    expect(defaultForwarder()).toMatchObject({ factory: { name: "node" }, notice: undefined });
  });

  test("a missing class, constant or method, and a wrong parse result, are each reported", async () => {
    const { findParserFault } = await import("../../../../src/data-plane/http-client/response-parser.ts");
    class Empty {}
    const constants = { RESPONSE: 2, kOnHeaders: 0, kOnHeadersComplete: 1, kOnBody: 2, kOnMessageComplete: 3 };
    class Silent {
      static readonly RESPONSE = 2;
      initialize(): void {}

      finish(): void {}
      close(): void {}
    }
    Object.assign(Silent, constants);
    Object.defineProperty(Silent.prototype, "execute", { value: () => 0 });
    expect(findParserFault(undefined)).toContain("no HTTPParser");
    expect(findParserFault(Empty as never)).toContain("RESPONSE");
    expect(findParserFault(Object.assign(class {}, constants) as never)).toContain("initialize");
    expect(findParserFault(Silent as never)).toContain("sample response");
  });

  test("without a constant of the parser the fallback serves requests, and the notice names the fault", async () => {
    vi.resetModules();
    const original = HTTPParser["kOnBody"];
    delete HTTPParser["kOnBody"];
    const { defaultForwarder } = await load().finally(() => {
      HTTPParser["kOnBody"] = original;
    });
    const { factory, notice } = defaultForwarder();
    expect(factory.name).toBe("fallback");
    expect(notice).toContain("HTTPParser.kOnBody is not a number");
    const app = createServer((_request, response) => response.end("served"));
    const upstream = { host: "127.0.0.1", port: await listen(app), protocol: "http1" } as const;
    const forwarder = factory.open(upstream);
    const listener = await openListener({
      host: "127.0.0.1",
      port: 0,
      listener: "public",
      handler: (exchange) => forwarder.forward(exchange, { headers: exchange.headers }).then(() => {}),
    });
    const response = await fetch(`http://127.0.0.1:${listener.port}/`, { headers: { Connection: "close" } });
    expect(await response.text()).toBe("served");
    await listener.close(0);
    await forwarder.close();
    app.closeAllConnections();
    await new Promise((resolve) => app.close(resolve));
  });
});
