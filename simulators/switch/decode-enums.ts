/**
 * Decoders of enums: bare strings, and variants with a value. Invariant: an unknown variant is answered with the list
 * of the known ones, in the order the daemon declares them.
 */
import { located, text, type Decoder } from './decode';
import { BodyError } from './json-reader';

/** An enum whose variants are bare strings. */
export function oneOf<T extends string>(...variants: T[]): Decoder<T> {
  return (reader) => {
    const next = reader.peek();
    if (next !== '"') throw reader.peekError(next === undefined ? 'EOF while parsing a value' : 'expected value');
    return text((value) => variantOf(value, variants))(reader);
  };
}

function variantOf<T extends string>(value: string, variants: T[]): T {
  const found = variants.find((variant) => variant === value);
  if (found === undefined) throw new BodyError(`unknown variant \`${value}\`, expected ${alternatives(variants)}`);
  return found;
}

function alternatives(variants: string[]): string {
  const quoted = variants.map((variant) => `\`${variant}\``);
  return quoted.length > 2 ? `one of ${quoted.join(', ')}` : quoted.join(' or ');
}

/** An enum written `{"Name": value}`, or as a bare string for a variant without a value (decoder null). */
export function tagged<T>(variants: Record<string, Decoder<T> | T>): Decoder<T> {
  const names = Object.keys(variants);
  return (reader) => {
    if (reader.peek() !== '{') {
      const variant = variants[oneOf(...names)(reader)] as Decoder<T> | T;
      if (typeof variant !== 'function') return variant;
      throw new BodyError('invalid type: unit variant, expected newtype variant');
    }
    reader.index++;
    const name = text((value) => variantOf(value, names))(reader);
    reader.colon();
    const variant = variants[name] as Decoder<T> | T;
    const value =
      typeof variant === 'function' ? located(variant as Decoder<T>, reader, name) : (reader.literal('null'), variant);
    if (reader.peek() !== '}') throw reader.errorHere('expected value');
    reader.index++;
    return value;
  };
}
