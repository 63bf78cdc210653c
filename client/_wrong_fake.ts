/** A fake that does not fit its contract, or a call that does not fit a fake: a mistake of the test, which is to see it. */
export class WrongFake extends TypeError {
  static {
    Object.defineProperty(this.prototype, "name", { value: "TypeError" });
  }
}
