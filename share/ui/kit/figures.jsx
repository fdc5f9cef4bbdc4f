// Single figures and facts: badges, the strip of metrics, sparklines,
// meters, lists of facts.
import { Fragment, useContext } from 'react';
import { Inside } from './context.js';
import { format, wordTone } from './format.js';
import { Icon } from './icons.jsx';
import { cx, get, isNumber, list, num, objects, oneOf, percent, share, text, tone } from './values.js';

export function Badge({ text: words, tone: kind }) {
	return <span className={cx('og-badge', tone(kind))}>{text(words)}</span>;
}

// A word of how something stands, in the colour of that word.
export function Status({ value, tones }) {
	const chosen = tone(get(tones, value));

	return <Badge text={format(value, 'text')} tone={chosen || wordTone(value)} />;
}

const SPARK = { width: 84, height: 30, edge: 3 };

function sparkPoints(values) {
	const low = Math.min(...values), high = Math.max(...values), room = SPARK.height - 2 * SPARK.edge;
	const step = (SPARK.width - SPARK.edge) / (values.length - 1);

	return values.map((value, i) => [
		i * step, SPARK.height - SPARK.edge - share(value / 2 - low / 2, high / 2 - low / 2) * room,
	]);
}

const SPARK_MAX = 400; // more points than that are thinned out

function thin(values) {
	const every = Math.ceil(values.length / SPARK_MAX);

	return values.filter((_, i) => i % every === 0 || i === values.length - 1);
}

// How something went, without axes; a screen reader hears its ends.
export function Sparkline({ values, label, tone: kind }) {
	const all = list(values).filter(isNumber);

	if (all.length < 2)
		return null;
	const points = sparkPoints(thin(all));
	const path = 'M' + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
	const [x, y] = points[points.length - 1];
	const ends = `from ${format(all[0])} to ${format(all[all.length - 1])}`;

	return (
		<svg
			className={cx('og-spark', tone(kind))} width={SPARK.width} height={SPARK.height} role="img"
			viewBox={`0 0 ${SPARK.width} ${SPARK.height}`}
			aria-label={`${text(label) || 'Trend'}, ${all.length} points, ${ends}`}
		>
			<path className="tint" d={`${path}L${x} ${SPARK.height}L0 ${SPARK.height}Z`} />
			<path className="stroke" d={path} />
			<circle cx={x} cy={y} r="2.4" />
		</svg>
	);
}

function Delta({ delta, hint, kind }) {
	const words = isNumber(delta) ? format(Math.abs(delta), 'percent') : text(delta);

	return (
		<div className={cx('d', kind)}>
			{words && (
				<b>
					{isNumber(delta) && delta !== 0 && (
						<>
							<Icon name={delta < 0 ? 'down' : 'up'} size={11} />
							<span className="vh">{delta < 0 ? 'down ' : 'up '}</span>
						</>
					)}
					{words}
				</b>
			)}
			{text(hint) && <span>{text(hint)}</span>}
		</div>
	);
}

function Metric({ item, currency, roomy }) {
	const kind = tone(item.tone);
	const noted = item.delta !== undefined || text(item.hint);

	return (
		<div className={cx('og-metric', roomy && 'rich')}>
			<dt>{text(item.label)}</dt>
			<dd className={kind || undefined}>
				{format(item.value, item.format, item.currency ?? currency)}
				{text(item.unit) && <small>{text(item.unit)}</small>}
			</dd>
			{list(item.trend).length > 1 && (
				<dd className="t">
					<Sparkline values={item.trend} label={`${text(item.label)}, trend`} tone={kind} />
				</dd>
			)}
			{noted && <dd className="n"><Delta delta={item.delta} hint={item.hint} kind={kind} /></dd>}
		</div>
	);
}

// One strip with hairlines, not boxes.
export function Metrics({ items, currency }) {
	const inside = useContext(Inside);
	const all = objects(items);
	const roomy = all.some(item => item.delta !== undefined || text(item.hint) || list(item.trend).length > 1);

	if (all.length === 0)
		return null;
	return (
		<dl className={cx('og-strip', inside && 'bare')}>
			{all.map((item, i) => <Metric key={i} item={item} currency={currency} roomy={roomy} />)}
		</dl>
	);
}

function fact(item, currency) {
	if (item.format === 'status' && typeof item.value === 'string')
		return <Status value={item.value} tones={{ [item.value]: item.tone }} />;
	if (tone(item.tone))
		return <Badge text={format(item.value, item.format, currency)} tone={item.tone} />;
	return format(item.value, item.format, currency);
}

export function KeyValue({ items, currency }) {
	return (
		<dl className="og-kv">
			{objects(items).map((item, i) => (
				<Fragment key={i}>
					<dt>{text(item.label)}</dt>
					<dd className={item.format === 'hash' ? 'mono' : undefined}>
						{fact(item, item.currency ?? currency)}
					</dd>
				</Fragment>
			))}
		</dl>
	);
}

const SEGMENTS_MAX = 24; // a limit up to this is drawn as countable pieces

const counted = (value, max) =>
	Number.isInteger(value) && Number.isInteger(max) && max >= 1 && max <= SEGMENTS_MAX;

function MeterBar({ value, max }) {
	const n = counted(value, max) ? max : 0, width = percent(share(value, max));

	if (n === 0)
		return <span className="bar"><u style={{ width }} /></span>;
	return (
		<span className="bar seg">
			{Array.from({ length: n }, (_, i) => <u key={i} className={i < value ? 'on' : undefined} />)}
		</span>
	);
}

function Meter({ item, currency }) {
	const value = num(item.value), max = num(item.max), used = max > 0 ? value / max : 0;
	const as = oneOf(item.format, ['number', 'money', 'percent'], 'number');
	const reached = format(item.value, as, currency), limit = format(item.max, as, currency);
	const unit = text(item.unit);

	return (
		<div
			className={cx('og-meter', used >= 1 ? 'bad' : used >= 0.8 && 'warn')} role="meter"
			aria-valuenow={value} aria-valuemin={0} aria-valuemax={max} aria-label={text(item.label) || 'Limit'}
			aria-valuetext={`${reached} of ${limit} ${unit}`.trim()}
		>
			<div className="top">
				<span>{text(item.label)}</span>
				<b>{reached}<i> of {limit} {unit}</i></b>
			</div>
			<MeterBar value={value} max={max} />
		</div>
	);
}

// What was used of each limit; from 80 % amber, from 100 % red.
export const Meters = ({ items, currency }) =>
	objects(items).map((item, i) => <Meter key={i} item={item} currency={item.currency ?? currency} />);
