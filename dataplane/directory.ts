/** One client per daemon address, made when first asked for: connections are kept alive and bounded per daemon. */
export class Directory<Client extends { close(): Promise<void> }> {
  readonly #clients = new Map<string, Client>();

  constructor(private readonly create: (address: string) => Client) {}

  at(address: string): Client {
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const client = this.create(address);
    this.#clients.set(address, client);
    return client;
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.close()));
  }
}
