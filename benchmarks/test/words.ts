/** Of a table: a formatter may fill tables with blanks and dashes. */
export const words = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/-{3,}/g, "---")
    .split(/\s+/)
    .filter((word) => word !== "")
