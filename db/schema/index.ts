/** The whole schema; the migrations under db/migrations are generated from it and must add up to it. */
export * from './access';
export * from './drift';
export * from './groups';
export * from './instances';
export * from './pools';
export * from './rack';
