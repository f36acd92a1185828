/**
 * Decoders over the JSON reader, one per shape the daemon's request types are made of. Each mirrors the answer its
 * derived deserializer gives: the first field that fails decides, and an error is placed where the enclosing value has
 * been closed.
 */
import { BodyError, type JsonReader } from './json-reader';

export type Decoder<T> = (reader: JsonReader) => T;
/** A field with `missing` may be absent; without it its absence is an error. */
interface Field<T> {
  decode: Decoder<T>;
  missing?: () => T;
}
type Fields<T> = { [K in keyof T]: Field<T[K]> };

export function decodeBody<T>(reader: JsonReader, decode: Decoder<T>): T {
  return located(decode, reader, '');
}

/** An error that comes out of `decode` without a path gets this one: the innermost field wins. */
export function located<T>(decode: Decoder<T>, reader: JsonReader, path: string): T {
  try {
    return decode(reader);
  } catch (error) {
    if (error instanceof BodyError) {
      const inner = error.path ?? '';
      const glue = path === '' || inner === '' || inner.startsWith('[') ? '' : '.';
      error.path = `${path}${glue}${inner}`;
    }
    throw error;
  }
}

function closing<T>(reader: JsonReader, close: '}' | ']', body: () => T): T {
  let value: T;
  try {
    value = body();
  } catch (error) {
    try {
      reader.close(close);
    } catch {
      // The first error is the one that is told.
    }
    throw placed(reader, error);
  }
  reader.close(close);
  return value;
}

function placed(reader: JsonReader, error: unknown): unknown {
  if (error instanceof BodyError) error.position ??= reader.positionAt(reader.index);
  return error;
}

function wrongType(reader: JsonReader, expected: string): BodyError {
  return placed(reader, new BodyError(`invalid type: ${unexpected(reader)}, expected ${expected}`)) as BodyError;
}

function unexpected(reader: JsonReader): string {
  const next = reader.peek();
  if (next === undefined) throw reader.peekError('EOF while parsing a value');
  if (next === '"') return `string ${JSON.stringify(reader.string())}`;
  if (next === '{') return 'map';
  if (next === '[') return 'sequence';
  if (next === 'n') return (reader.literal('null'), 'null');
  if (next === 't') return (reader.literal('true'), 'boolean `true`');
  if (next === 'f') return (reader.literal('false'), 'boolean `false`');
  if (/[-0-9]/.test(next)) return named(reader.number());
  throw reader.peekError('expected value');
}

function named(number: string): string {
  return /^-?\d+$/.test(number) ? `integer \`${number}\`` : `floating point \`${Number(number)}\``;
}

/** A string, turned into a value by `parse`, which may throw a BodyError without position. */
export function text<T = string>(parse: (value: string) => T, expected = 'a string'): Decoder<T> {
  return (reader) => {
    if (reader.peek() !== '"') throw wrongType(reader, expected);
    const value = reader.string();
    try {
      return parse(value);
    } catch (error) {
      throw placed(reader, error);
    }
  };
}

export const string: Decoder<string> = text((value) => value);

export function unsigned(bits: 8 | 16 | 32): Decoder<number> {
  return (reader) => {
    if (!/[-0-9]/.test(reader.peek() ?? '')) throw wrongType(reader, `u${bits}`);
    const number = reader.number();
    if (!/^-?\d+$/.test(number)) throw reader.errorHere(`invalid type: ${named(number)}, expected u${bits}`);
    const value = Number(number);
    if (value < 0 || value >= 2 ** bits) throw reader.errorHere(`invalid value: ${named(number)}, expected u${bits}`);
    return value;
  };
}

export const boolean: Decoder<boolean> = (reader) => {
  const next = reader.peek();
  if (next === 't') return (reader.literal('true'), true);
  if (next === 'f') return (reader.literal('false'), false);
  throw wrongType(reader, 'a boolean');
};

/** A conversion after decoding: its error has no position of its own and takes that of the enclosing object's end. */
export function converted<A, B>(decode: Decoder<A>, convert: (value: A) => B): Decoder<B> {
  return (reader) => convert(decode(reader));
}

export function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (reader) => (reader.peek() === 'n' ? (reader.literal('null'), null) : decode(reader));
}

export function list<T>(decode: Decoder<T>, length?: number): Decoder<T[]> {
  return (reader) => {
    if (reader.peek() !== '[') throw wrongType(reader, length ? `an array of length ${length}` : 'a sequence');
    reader.index++;
    return closing(reader, ']', () => {
      const items: T[] = [];
      while (items.length !== length && reader.more(items.length === 0, ']')) {
        items.push(located(decode, reader, `[${items.length}]`));
      }
      if (length && items.length < length) {
        throw new BodyError(`invalid length ${items.length}, expected an array of length ${length}`);
      }
      return items;
    });
  };
}

export function struct<T>(name: string, fields: Fields<T>): Decoder<T> {
  return (reader) => {
    if (reader.peek() !== '{') throw wrongType(reader, `struct ${name}`);
    reader.index++;
    return closing(reader, '}', () => {
      const found = new Map<string, unknown>();
      for (let first = true; reader.more(first, '}'); first = false) {
        const key = reader.string();
        const field = Object.hasOwn(fields as object, key) ? fields[key as keyof T] : undefined;
        if (field && found.has(key)) throw new BodyError(`duplicate field \`${key}\``);
        reader.colon();
        if (field) found.set(key, located(field.decode, reader, key));
        else skip(reader);
      }
      return complete(found, fields);
    });
  };
}

function complete<T>(found: Map<string, unknown>, fields: Fields<T>): T {
  const names = Object.keys(fields as object) as (keyof T & string)[];
  const entries = names.map((name) => {
    if (found.has(name)) return [name, found.get(name)];
    const { missing } = fields[name];
    if (!missing) throw new BodyError(`missing field \`${name}\``);
    return [name, missing()];
  });
  return Object.fromEntries(entries) as T;
}

function skip(reader: JsonReader): void {
  const next = reader.peek();
  if (next !== '{' && next !== '[') return void unexpected(reader);
  const close = next === '{' ? '}' : ']';
  reader.index++;
  for (let first = true; reader.more(first, close); first = false) {
    if (close === '}') {
      reader.string();
      reader.colon();
    }
    skip(reader);
  }
  reader.close(close);
}
