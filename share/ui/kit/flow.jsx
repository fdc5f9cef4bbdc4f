// What runs along a line: steps and their undoing, events, spans of time.
import { Fragment } from 'react';
import { format } from './format.js';
import { Icon } from './icons.jsx';
import { clamp, cx, isObject, num, objects, oneOf, percent, share, text, tone } from './values.js';

const STATES = ['done', 'failed', 'skipped', 'undone', 'running', 'waiting', 'pending'];

function stepMark(state, i) {
	if (state === 'failed')
		return <Icon name="cross" size={12} />;
	return state === 'skipped' ? '\u2013' : i + 1;
}

function StepCard({ step, i }) {
	const state = oneOf(step.state, STATES, '');
	const look = { failed: 'bad', skipped: 'skip', running: 'info', waiting: 'warn', pending: 'skip' }[state];

	return (
		<article className={cx('og-step', look)}>
			<span className="ix" aria-hidden="true">{stepMark(state, i)}</span>
			<h3>{text(step.title)}<span className="vh">, {text(step.state)}</span></h3>
			<span className="tm">{text(step.note)}</span>
			<p>{text(step.detail)}</p>
		</article>
	);
}

function UndoCard({ step }) {
	const undo = step.undo;

	if (!isObject(undo))
		return <div className="og-gap">{text(step.gap)}</div>;
	return (
		<article className={cx('og-step', 'undo', undo.state === 'failed' && 'bad')}>
			<span className="ix" aria-hidden="true">{num(undo.turn) || ''}</span>
			<h3>{text(undo.title)}<span className="vh">, number {num(undo.turn)} to be undone</span></h3>
			<span className="tm">{text(undo.note)}</span>
			<p>{text(undo.detail)}</p>
		</article>
	);
}

// The amber line from the failed step into each undo.
function linkClass(steps, i) {
	const first = steps.findIndex(step => isObject(step.undo));
	const failed = steps.findIndex(step => step.state === 'failed');

	return cx(
		'og-link', isObject(steps[i].undo) && 'br',
		first >= 0 && i === first && 'top',
		first >= 0 && i > first && i < failed && 'thru',
		first >= 0 && i === failed && 'turn',
	);
}

export function SagaRail({ lanes, steps }) {
	const all = objects(steps), undone = all.some(step => isObject(step.undo));
	const two = lanes === 2 || (lanes === undefined && undone);

	return (
		<div className={cx('og-saga', !two && 'one')}>
			{two && (
				<>
					<div className="lane"><Icon name="down" size={11} />Forward</div>
					<div className="lane rt"><Icon name="up" size={11} />Compensation</div>
				</>
			)}
			{all.map((step, i) => (
				<Fragment key={i}>
					<StepCard step={step} i={i} />
					{two && <div className={linkClass(all, i)} aria-hidden="true"><i /><u /></div>}
					{two && <UndoCard step={step} />}
				</Fragment>
			))}
		</div>
	);
}

export function Timeline({ items }) {
	return (
		<ol className="og-tl">
			{objects(items).map((item, i) => (
				<li key={i} className={tone(item.tone) || undefined}>
					<span className="dot" aria-hidden="true" />
					<h3>{text(item.title)}{item.tone === 'bad' && <span className="vh">, failed</span>}</h3>
					<time title={text(item.time) || undefined}>{item.time !== undefined && format(item.time, 'time')}</time>
					{text(item.detail) && <p>{text(item.detail)}</p>}
				</li>
			))}
		</ol>
	);
}

const DEPTH_MAX = 8;

const tenths = value => String(Math.round(value * 10) / 10);

const milliseconds = value => (value >= 1000 ? `${tenths(value / 1000)} s` : `${tenths(value)} ms`);

function spansOf(items) {
	const spans = objects(items).map(item => ({
		title: text(item.title), tone: tone(item.tone), start: num(item.start), ms: Math.max(0, num(item.ms)),
		depth: clamp(Math.trunc(num(item.depth)), 0, DEPTH_MAX),
	}));
	const start = Math.min(...spans.map(span => span.start));
	const end = Math.max(...spans.map(span => span.start + span.ms));

	return { spans, start, length: Math.max(end - start, 1e-9) };
}

// Spans of time below each other: what ran when, inside what, how long.
export function Waterfall({ items }) {
	const { spans, start, length } = spansOf(items);

	if (spans.length === 0)
		return null;
	return (
		<table className="og-fall">
			<caption className="vh">{spans.length} spans in {milliseconds(length)}</caption>
			<thead>
				<tr>
					<th scope="col">Span</th>
					<th scope="col" className="scale">
						<span><i>0</i><i>{milliseconds(length / 2)}</i><i>{milliseconds(length)}</i></span>
					</th>
					<th scope="col" className="r">Time</th>
				</tr>
			</thead>
			<tbody>
				{spans.map((span, i) => (
					<tr key={i} className={span.tone || undefined}>
						<th scope="row"><span style={{ paddingLeft: span.depth * 14 }}>{span.title}</span></th>
						<td className="plot">
							<span className="vh">from {milliseconds(span.start - start)}</span>
							<u
								style={{
									left: percent(share(span.start - start, length)),
									width: percent(share(span.ms, length)),
								}}
							/>
						</td>
						<td className="r">{milliseconds(span.ms)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
