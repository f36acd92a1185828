/**
 * How the OpenAPI documents are made fit for code generators: one schema per type, errors as `4XX`/`5XX` responses, and no
 * trace of how the document was produced.
 */
import type { FastifyZodOpenApiOpts } from 'fastify-zod-openapi';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

type Document = ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Requests and responses share one schema: what a client may leave out is optional, unknown keys are nobody's business. */
export const documentOptions: NonNullable<FastifyZodOpenApiOpts['documentOpts']> = {
  outputIdSuffix: '',
  override: ({ jsonSchema }) => {
    delete jsonSchema.additionalProperties;
    // An integer without bounds of its own has JavaScript's; that is not the interface's business.
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
};

/** The last pass over the document. */
export function tidyDocument(document: Document): Document {
  return tidy(document as Json) as Document;
}

function tidy(node: Json): Json {
  if (Array.isArray(node)) return node.map(tidy);
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).filter(([key]) => !key.startsWith('x-fastify-zod-openapi'));
  const [only] = entries;
  // A reference needs no wrapping where nothing is said beside it.
  if (entries.length === 1 && only?.[0] === 'allOf' && Array.isArray(only[1]) && only[1].length === 1)
    return tidy(only[1][0] ?? null);
  return Object.fromEntries(entries.map(([key, value]) => [key, /^[45]XX$/.test(key) ? response(value) : tidy(value)]));
}

/** A shared response is referred to as such, not as the schema of a new one. */
function response(node: Json): Json {
  const reference = /"\$ref":"(#\/components\/responses\/\w+)"/.exec(JSON.stringify(node))?.[1];
  return reference === undefined ? tidy(node) : { $ref: reference };
}
