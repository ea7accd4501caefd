// The boundary rule of ARCHITECTURE.md as a program. `scripts/check-boundaries.ts` runs it and counts the modules.
const PLANES = ['control-plane', 'execution-plane', 'evidence-plane']
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { path: '^src' }, to: { circular: true } },
    {
      name: 'domain-imports-nothing',
      severity: 'error',
      from: { path: '^src/domain', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/domain' },
    },
    {
      name: 'ports-import-domain-only',
      severity: 'error',
      from: { path: '^src/ports' },
      to: { pathNot: '^src/(ports|domain)' },
    },
    ...PLANES.map((plane) => ({
      name: `${plane}-meets-others-in-ports`,
      severity: 'error',
      from: { path: `^src/${plane}`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/(?!${plane}|domain|ports|documents|syntax)` },
    })),
    {
      name: 'documents-know-no-noun',
      severity: 'error',
      from: { path: '^src/documents', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!documents|domain/result|domain/text)' },
    },
    {
      name: 'syntax-knows-no-noun',
      severity: 'error',
      from: { path: '^src/syntax', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!syntax|domain/result)' },
    },
    {
      name: 'adapters-implement-ports',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!domain|ports|adapters/$1/)' },
    },
    {
      name: 'adapters-are-wired-by-main',
      severity: 'error',
      from: { path: '^src/(?!main|adapters)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/adapters' },
    },
    {
      name: 'cli-speaks-to-the-platform',
      severity: 'error',
      from: { path: '^src/cli', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!cli|domain|ports)' },
    },
    {
      name: 'rooms-are-entered-by-their-door',
      severity: 'error',
      from: { path: '^src/([^/]+)/([^/]+)/' },
      to: {
        path: '^src/(control-plane|execution-plane|evidence-plane|domain)/[^/]+/.+',
        pathNot: ['^src/$1/$2/', '^src/[^/]+/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'api-stands-on-ports',
      severity: 'error',
      from: { path: '^src/api', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!api|domain|ports)' },
    },
    {
      name: 'only-main-serves-and-asks',
      severity: 'error',
      from: { path: '^src/(?!main|api)' },
      to: { path: '^src/api' },
    },
    { name: 'nothing-imports-main', severity: 'error', from: { path: '^src/(?!main)' }, to: { path: '^src/main' } },
    {
      name: 'source-never-imports-tests',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench)' },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      conditionNames: ['node', 'import', 'default'],
      exportsFields: ['exports'],
    },
  },
}
