// Tests images, networks, volumes and limits of the runtimes that have these capabilities.
import { pack } from "tar-stream";
import { describe, expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openBench } from "./runtime-bench.ts";
import { subjects } from "./runtime-subjects.ts";

describe.each(subjects)("resources of runtime $name", (kind) => {
  const bench = openBench(kind);
  const { labels, filter, needing, create, start, state, get, up } = bench;

  needing("images", "images are found, tagged, listed by label and removed", async () => {
    const { image } = bench.subject.app("image");
    const info = await bench.runtime.images.inspect(image);
    expect(info).toMatchObject({ os: "linux", cmd: ["/usr/local/bin/node", "/app/test-app.mjs"] });
    expect(info?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await bench.runtime.images.inspect("knap-test/no-such-image:1")).toBeUndefined();
    await bench.runtime.images.tag(image, "knap-test/contract:tagged");
    expect((await bench.runtime.images.inspect("knap-test/contract:tagged"))?.id).toBe(info?.id);
    expect((await bench.runtime.images.list({ label: "knap.dev/test-image=true" })).map((one) => one.id)).toContain(
      info?.id,
    );
    await bench.runtime.images.remove("knap-test/contract:tagged");
    await bench.runtime.images.remove("knap-test/contract:tagged");
    expect(await bench.runtime.images.inspect("knap-test/contract:tagged")).toBeUndefined();
  });

  needing("images", "a failed pull is a RuntimeError with the message of the registry or the network", async () => {
    await expect(bench.runtime.images.pull("127.0.0.1:1/no/such:1", {})).rejects.toMatchObject({
      name: "RuntimeError",
      message: expect.stringMatching(/127\.0\.0\.1:1/),
    });
  });

  needing("build", "an image is built from a context, and a failing step is an error with its output", async () => {
    const { image } = bench.subject.app("base");
    const context = (dockerfile: string) => {
      const tar = pack();
      tar.entry({ name: "Dockerfile" }, dockerfile);
      tar.entry({ name: "note.txt" }, "hello");
      tar.finalize();
      return tar as never;
    };
    const tag = `knap-test/built:${labels["knap.dev/test"]}`;
    const output: string[] = [];
    const built = await bench.runtime.images.build({
      context: context(`FROM ${image}\nARG WHO\nRUN echo "built for $WHO"\nCOPY note.txt /note.txt\n`),
      dockerfile: "Dockerfile",
      args: { WHO: "contract" },
      tag,
      labels,
      onOutput: (line) => output.push(line),
    });
    expect(built.id).toMatch(/^sha256:/);
    expect(output.join("\n")).toContain("built for contract");
    await expect(
      bench.runtime.images.build({
        context: context(`FROM ${image}\nRUN echo why it broke && exit 9\n`),
        dockerfile: "Dockerfile",
        tag: `${tag}-broken`,
        labels,
        onOutput: (line) => output.push(line),
      }),
    ).rejects.toMatchObject({ name: "RuntimeError", message: expect.stringContaining("exit code: 9") });
    expect(output.join("\n")).toContain("why it broke");
    await bench.runtime.images.remove(tag);
  });

  needing("networks", "each network has its own /24, and container names resolve on it", async () => {
    const network = await bench.runtime.networks.open({ name: `knap-second-${labels["knap.dev/test"]}`, labels });
    expect(network.subnet).toMatch(/^10\.213\.\d+\.0\/24$/);
    const named = await up(bench.subject.app("named", {}, { network: { id: network.id, aliases: ["greeter"] } }));
    const caller = await up(bench.subject.app("caller", {}, { network: { id: network.id } }));
    const answer = await get(caller, `/fetch?url=${encodeURIComponent("http://greeter:8080/health")}`);
    expect(answer.json()).toEqual({ status: 200, body: "ok\n" });
    await bench.runtime.remove(named);
    await bench.runtime.remove(caller);
    await bench.runtime.networks.close(network.id);
    await bench.runtime.networks.close(network.id);
    expect((await bench.runtime.networks.list(filter)).map((one) => one.id)).not.toContain(network.id);
  });

  needing("networks", "a container can share the network namespace of another one", async () => {
    const owner = await up(bench.subject.app("owner"));
    const guest = await start(
      bench.subject.app("guest", { LISTEN_PORT: "9090", LISTEN_HOST: "127.0.0.1" }, { networkOf: owner, ports: [] }),
    );
    expect((await state(guest)).status).toBe("running");
    await eventually(async () => {
      const answer = await get(owner, `/fetch?url=${encodeURIComponent("http://127.0.0.1:9090/health")}`);
      expect(answer.json()).toMatchObject({ status: 200 });
    });
  });

  needing("volumes", "containers share a volume, and a read-only mount cannot be written", async () => {
    const name = `knap-volume-${labels["knap.dev/test"]}`;
    await bench.runtime.volumes.create(name, labels);
    const mount = { kind: "volume", source: name, target: "/data" } as const;
    const writer = await up(bench.subject.app("writer", {}, { mounts: [{ ...mount, readOnly: false }] }));
    const reader = await up(bench.subject.app("reader", {}, { mounts: [{ ...mount, readOnly: true }] }));
    expect((await get(writer, "/write?path=/data/x&text=hello")).status).toBe(200);
    expect((await get(reader, "/file?path=/data/x")).text).toBe("hello");
    expect((await get(reader, "/write?path=/data/y&text=no")).status).toBe(500);
    await bench.runtime.remove(writer);
    await bench.runtime.remove(reader);
    await bench.runtime.volumes.remove(name);
    await bench.runtime.volumes.remove(name);
  });

  needing("archives", "files can be copied into a container before it starts, and out of it", async () => {
    const id = await create(bench.subject.app("archive"));
    const tar = pack();
    tar.entry({ name: "given.txt", mode: 0o640 }, "given");
    tar.finalize();
    await bench.runtime.putArchive(id, "/tmp", tar as never);
    await bench.runtime.start(id);
    await eventually(async () => expect((await get(id, "/file?path=/tmp/given.txt")).text).toBe("given"));
    let bytes = 0;
    for await (const chunk of await bench.runtime.getArchive(id, "/tmp/given.txt")) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(512);
  });

  needing("limits", "a container above its memory limit is killed and reported as OOM-killed", async () => {
    const id = await up(bench.subject.app("greedy", {}, { memoryBytes: 128 * 2 ** 20 }));
    const waiting = bench.runtime.wait(id);
    await get(id, "/allocate?mb=300").catch(() => {});
    expect(await waiting).toEqual({ exitCode: 137, oomKilled: true });
  });
});
