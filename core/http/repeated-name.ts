/** An object or a list that is open at some place of a JSON text. */
interface Open {
  /** The member or the item that the place is in. */
  step: string | number;
  /** Names of the members so far; of a list none. */
  names?: Set<string>;
}

/** Position of the quote that ends the string which begins at `open`. */
function endOfString(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  const isEscaped = () => {
    let before = end - 1;
    while (text[before] === '\\') before--;
    return (end - before) % 2 === 0;
  };
  while (isEscaped()) end = text.indexOf('"', end + 1);
  return end;
}

/** True if what follows is a colon: a string before it is a name. */
function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return text[at] === ':';
}

function nameOf(written: string): string {
  return written.includes('\\') ? String(JSON.parse(written)) : written.slice(1, -1);
}

/**
 * Path of the first name that comes twice in one object. A parser would drop the value before it without a
 * word (RFC 8259 §4).
 *
 * @param text valid JSON. The time is linear.
 */
export function repeatedName(text: string): (string | number)[] | undefined {
  const open: Open[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const inner = open.at(-1);
    if (character === '{') open.push({ step: '', names: new Set() });
    else if (character === '[') open.push({ step: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && typeof inner?.step === 'number') inner.step++;
    else if (character === '"') {
      const end = endOfString(text, at);
      if (inner?.names && isBeforeColon(text, end + 1)) {
        inner.step = nameOf(text.slice(at, end + 1));
        if (inner.names.has(inner.step)) return open.map(({ step }) => step);
        inner.names.add(inner.step);
      }
      at = end;
    }
  }
  return undefined;
}
