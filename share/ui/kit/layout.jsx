// What holds other components: the page and its parts.
import { useId, useRef, useState } from 'react';
import { Inside } from './context.js';
import { withoutTools } from './tools.jsx';
import { Badge } from './figures.jsx';
import { clamp, cx, list, num, text } from './values.js';

// The title says what happened, the line below it who and when; buttons
// among its children stand to the right of them.
export function Page({ title, subtitle, state, tone: kind, children }) {
	const [tools, rest] = withoutTools(children);

	return (
		<main className="og-page">
			<header className="og-head">
				<div>
					<h1>{text(title)}</h1>
					{text(subtitle) && <p>{text(subtitle)}</p>}
				</div>
				<div className="og-tools">
					{text(state) && <Badge text={text(state).replace(/_/g, ' ')} tone={kind} />}
					{tools}
				</div>
			</header>
			{rest}
		</main>
	);
}

export const Grid = ({ children }) => <div className="og-grid">{children}</div>;

export function Stack({ span, children }) {
	return <div className={'og-stack sp' + clamp(Math.trunc(num(span, 12)), 1, 12)}>{children}</div>;
}

export function Section({ title, hint, children }) {
	const id = useId();
	const name = text(title);

	return (
		<section className="og-card" aria-labelledby={name ? id : undefined}>
			{(name || text(hint)) && (
				<header>
					{name && <h2 id={id}>{name}</h2>}
					{text(hint) && <span className="hint">{text(hint)}</span>}
				</header>
			)}
			<Inside.Provider value={true}>
				<div className="body">{children}</div>
			</Inside.Provider>
		</section>
	);
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function nextTab(key, at, n) {
	if (key === 'Home' || key === 'End')
		return key === 'Home' ? 0 : n - 1;
	return key in STEPS ? (at + STEPS[key] + n) % n : -1;
}

// One child for each label; what is not chosen is not drawn, except on paper.
export function Tabs({ labels, children }) {
	const names = list(labels).map(text);
	const panels = list(children === undefined ? [] : Array.isArray(children) ? children : [children]);
	const n = Math.max(names.length, panels.length);
	const [chosen, choose] = useState(0);
	const buttons = useRef([]);
	const id = useId();
	const at = Math.min(chosen, n - 1);

	function onKeyDown(event) {
		const next = nextTab(event.key, at, n);

		if (next < 0)
			return;
		event.preventDefault();
		choose(next);
		buttons.current[next]?.focus();
	}

	if (n === 0)
		return null;
	return (
		<div className="og-stack">
			<div className="og-tabs" role="tablist" onKeyDown={onKeyDown}>
				{Array.from({ length: n }, (_, i) => (
					<button
						key={i} ref={node => { buttons.current[i] = node; }} type="button" role="tab"
						id={`${id}t${i}`} aria-selected={i === at} aria-controls={`${id}p${i}`}
						tabIndex={i === at ? 0 : -1} onClick={() => choose(i)}
					>
						{names[i] || `Part ${i + 1}`}
					</button>
				))}
			</div>
			{Array.from({ length: n }, (_, i) => (
				<div
					key={i} className={cx('og-tab', i !== at && 'off')} role="tabpanel" id={`${id}p${i}`}
					aria-labelledby={`${id}t${i}`}
				>
					{panels[i]}
				</div>
			))}
		</div>
	);
}

export function Text({ text: words, role }) {
	return <p className={role === 'lead' ? 'og-lead' : 'og-text'}>{text(words)}</p>;
}

export function Empty({ title, text: words, children }) {
	return (
		<Inside.Consumer>
			{inside => (
				<div className={cx(!inside && 'og-card', 'og-empty')}>
					{text(title) && <b>{text(title)}</b>}
					{text(words) && <p>{text(words)}</p>}
					{children}
				</div>
			)}
		</Inside.Consumer>
	);
}
