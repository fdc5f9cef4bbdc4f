// The parts a tree may name.
import { createContext } from 'react';

export const Ctx = createContext({});

const part = name => function Part({ title, text, children }) {
	return (
		<div className={`og-${name.toLowerCase()}`}>
			{title && <h2>{String(title)}</h2>}
			{text && <p>{String(text)}</p>}
			{children}
		</div>
	);
};

const NAMES = 'Page Grid Stack Section Alert Metrics Table BarChart LineChart ShareBar Meters SagaRail Timeline ' +
	'Chain Citation Command KeyValue Text Code Empty';

export const components = Object.fromEntries(NAMES.split(' ').map(name => [name, part(name)]));
