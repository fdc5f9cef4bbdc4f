// Buttons that belong into the head of what they stand in: a page, an
// alert. They are told by the component they are made of and never by a
// property: a property comes from a document, and a document must not be
// able to hand in elements.
import { Children } from 'react';
import { ActionButton } from './actions.jsx';
import { Boundary } from './failure.jsx';

// For buttons of a host's own: <Page><Tools>...</Tools></Page>.
export const Tools = ({ children }) => children;

const isTool = ({ type, props }) =>
	type === ActionButton || type === Tools || (type === Boundary && props.tool === true);

// [tools, the others]
export function withoutTools(children) {
	const all = Children.toArray(children);

	return [all.filter(isTool), all.filter(child => !isTool(child))];
}
