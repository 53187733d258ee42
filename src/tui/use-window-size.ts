// The terminal's size as a hook: ink 6 does not redraw by itself when it changes.
import { useStdout } from "ink";
import { useEffect, useState } from "react";

export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** 80×24 where the stream does not know. */
export function useWindowSize(): WindowSize {
  const { stdout } = useStdout();
  const read = (): WindowSize => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const [size, setSize] = useState(read);
  useEffect(() => {
    const changed = (): void => setSize({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
    stdout.on("resize", changed);
    return () => void stdout.off("resize", changed);
  }, [stdout]);
  return size;
}
