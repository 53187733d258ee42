// Planted: an inside of a room with entries.
export const inside = 1;
