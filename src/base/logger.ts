// Structured logging: a constant message and fields. The caller's `write` function decides where records go.

export type Level = "debug" | "info" | "warn" | "error";
export type Fields = Readonly<Record<string, unknown>>;

export interface LogRecord {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields;
}

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Returns a logger that adds these fields to every record. */
  child(fields: Fields): Logger;
}

/** Makes a logger that passes every record to `write`, in order. */
export function makeLogger(write: (record: LogRecord) => void, fields: Fields = {}): Logger {
  const at =
    (level: Level) =>
    (message: string, more?: Fields): void =>
      write({ level, message, fields: more ? { ...fields, ...more } : fields });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => makeLogger(write, { ...fields, ...more }),
  };
}

/** A logger that drops every record. */
export const silentLogger: Logger = makeLogger(() => {});
