/** Tokens for the external API: several, because one token may ask only so often. */
import { randomUUID } from 'node:crypto';
import { createToken, grantRole } from '../db/access';
import type { Rack } from './rack';

export class ApiTokens {
  #next = 0;

  private constructor(private readonly tokens: string[]) {}

  /** Of so many actors, each an administrator of the rack's silo. */
  static async make({ db, siloId }: Pick<Rack, 'db' | 'siloId'>, count: number): Promise<ApiTokens> {
    const tokens = await Promise.all(
      Array.from({ length: count }, async () => {
        const actorId = randomUUID();
        const { token } = await createToken(db, { siloId, actorId, description: 'bench' });
        await grantRole(db, actorId, { scope: 'silo', resourceId: siloId, role: 'admin' });
        return token;
      }),
    );
    return new ApiTokens(tokens);
  }

  /** Those of the next request. */
  headers(): Record<string, string> {
    this.#next = (this.#next + 1) % this.tokens.length;
    return { authorization: `Bearer ${this.tokens[this.#next]}`, 'content-type': 'application/json' };
  }
}
