import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { differenceOf, FrameWriter } from "../../../src/tui/frame-writer.ts";

/** A fake terminal of ten rows that interprets the escape sequences of the writer. */
class PaperTerminal extends EventEmitter {
  columns = 20;
  rows = 10;
  screen: string[] = Array(10).fill("");
  written = 0;
  write(text: string): boolean {
    this.written += 1;
    if (text.startsWith("\u001b[2J")) this.screen = Array(this.rows).fill("");
    for (const [, row, line = ""] of text.matchAll(/\u001b\[(\d+);1H\u001b\[K([^\u001b]*)/g))
      this.screen[Number(row) - 1] = line;
    return true;
  }
}
const open = () => {
  const terminal = new PaperTerminal();
  return { terminal, frames: new FrameWriter(terminal as unknown as NodeJS.WriteStream) };
};

test("the writer sends only lines that differ", () => {
  expect(differenceOf(["a", "b", "c"], ["a", "x"])).toBe("\u001b[2;1H\u001b[Kx\u001b[3;1H\u001b[K");
  expect(differenceOf(["a"], ["a"])).toBe("");
});

test("the screen shows the last frame, regardless of earlier content", () => {
  const { terminal, frames } = open();
  frames.write("one\ntwo\nthree");
  frames.write("one\n2");
  expect(terminal.screen.slice(0, 3)).toEqual(["one", "2", ""]);
  const before = terminal.written;
  frames.write("one\n2");
  expect(terminal.written).toBe(before);
});

test("the writer cuts a frame that is higher than the terminal, and never scrolls", () => {
  const { terminal, frames } = open();
  frames.write(Array.from({ length: 30 }, (_, row) => `line ${row}`).join("\n"));
  expect(terminal.screen).toHaveLength(10);
  expect(terminal.screen[9]).toBe("line 9");
});

test("the writer draws all lines after a resize; destroying the writer removes its listener", () => {
  const { terminal, frames } = open();
  frames.write("one");
  terminal.screen = Array(10).fill("torn");
  terminal.emit("resize");
  frames.write("one");
  expect(terminal.screen[0]).toBe("one");
  expect(terminal.screen[5]).toBe("");
  frames.destroy();
  frames.on("close", () => expect(terminal.listenerCount("resize")).toBe(0));
});
