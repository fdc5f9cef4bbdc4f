// The runtime of a page made with --allow-code.
import { LiveTree } from './draw.jsx';
import { startWorker } from './live.js';
import { begin } from './view.jsx';

begin((code, data, means) => ({ ...startWorker(code, data, means), Tree: LiveTree }));
