// The kit: components that draw the tree of og-view(5). They take exactly
// the properties of the catalogue, ignore all others, and never throw
// whatever those hold.
//
//   <Ctx.Provider value={host}><Tree tree={tree} /></Ctx.Provider>
export { components, names } from './components.js';
export { Ctx, Ctx as HostContext, NOBODY, useHost } from './context.js';
export { Boundary, Failure } from './failure.jsx';
export { format, isDate, readJson, safe, wordTone } from './format.js';
export { Icon } from './icons.jsx';
export { Tree } from './tree.jsx';
export * from './actions.jsx';
export * from './alert.jsx';
export * from './charts.jsx';
export * from './figures.jsx';
export * from './flow.jsx';
export * from './graph.jsx';
export * from './layout.jsx';
export * from './ledger.jsx';
export * from './prose.jsx';
export * from './shares.jsx';
export * from './table.jsx';
export { Tools } from './tools.jsx';
