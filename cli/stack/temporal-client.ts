/** A client of the Temporal that the settings mean. The stack uses it to prepare and to look; only workflows do work. */
import { Client, Connection } from '@temporalio/client';
import type { TemporalConfig } from '../../config';

export async function connectTemporal(connection: TemporalConfig['connection'], namespace: string): Promise<Client> {
  const { address, tls, apiKey, metadata } = connection;
  const options = {
    ...(address === undefined ? {} : { address }),
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  };
  return new Client({ connection: await Connection.connect({ ...options, connectTimeout: 5_000 }), namespace });
}
