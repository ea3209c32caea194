/* Who tells a story: steps of one test, of which each needs those before. */
export class Teller {
  /* A test of its own, which is left out once one has failed. */
  async step(t, name, fn) {
    const skip = this.stuck && 'an earlier step failed';
    await t.test(name, { skip }, async () => {
      this.stuck = true;
      try {
        await fn();
        this.stuck = false;
      } finally {
        if (this.stuck)
          await this.shot?.('stuck');
      }
    });
  }
}
