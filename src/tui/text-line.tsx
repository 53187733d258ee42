// One line of segments on the screen. The only place where colours become ink's.
import { Box, Text } from "ink";
import type { Line } from "./panels.ts";

function TextLine({ segments }: { readonly segments: Line }) {
  return (
    <Box flexShrink={0} height={1}>
      <Text wrap="truncate">
        {segments.map(({ text, colour, bold }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place in the line
          <Text key={index} {...(colour !== undefined && { color: colour })} bold={bold === true}>
            {text}
          </Text>
        ))}
      </Text>
    </Box>
  );
}

/** Lines one below the other. */
export function TextLines({ lines }: { readonly lines: readonly Line[] }) {
  return lines.map((segments, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
    <TextLine key={index} segments={segments} />
  ));
}
