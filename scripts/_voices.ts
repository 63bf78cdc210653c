/**
 * Lets several things that run at once print without a muddle.
 *
 * @module
 */

/** Prints for one of them. */
export interface Voice {
  /** Prints at once, or when it is this voice's turn. */
  say(text: string): void;
  /** It has nothing more to say. */
  end(): void;
}

/** Makes voices that print one after the other, in the order in which they were made: the first as it goes. */
export function createVoices(write: (text: string) => void): () => Voice {
  const line: { kept: string; isOver: boolean }[] = [];
  return () => {
    const own = { kept: "", isOver: false };
    line.push(own);
    return {
      say(text) {
        if (line[0] === own) write(text);
        else own.kept += text;
      },
      end() {
        own.isOver = true;
        while (line[0]?.isOver) {
          line.shift();
          if (line[0] !== undefined) write(line[0].kept);
        }
      },
    };
  };
}
