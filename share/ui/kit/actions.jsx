// What a view may ask for. A component only names an action and its
// parameters; whether it runs, and after which confirmation, is its host's
// to say. There is no form element: a sealed frame never sees one submitted.
import { useEffect, useId, useRef, useState } from 'react';
import { actionOf, useHost } from './context.js';
import { changes, checked, fieldsOf, firstBad } from './fields.js';
import { cx, isObject, oneOf, text } from './values.js';

const KINDS = ['primary', 'danger', 'link', 'plain'];

function answerOf(result) {
	const said = Array.isArray(result?.content) ? result.content.find(part => text(part?.text)) : undefined;

	const failed = Boolean(result?.isError);

	return { busy: false, failed, said: said ? text(said.text) : failed ? 'It failed' : 'Done' };
}

const IDLE = { busy: false, failed: false, said: '' };

// [{busy, failed, said}, run(params)] of one action.
function useAction(name) {
	const host = useHost();
	const [state, setState] = useState(IDLE);
	const alive = useRef(true);

	useEffect(() => {
		alive.current = true;
		return () => { alive.current = false; };
	}, []);
	async function run(params) {
		let next;

		setState({ ...IDLE, busy: true });
		try {
			next = answerOf(await host.call(name, params));
		} catch (error) {
			next = { busy: false, failed: true, said: text(error?.message) || 'It failed' };
		}
		if (alive.current)
			setState(next);
	}
	return [state, run];
}

const Said = ({ state }) => (
	<span role="status" className={cx('og-out', state.said && (state.failed ? 'bad' : 'ok'))}>{state.said}</span>
);

// Where the action is not to be had, the children (the command to paste).
export function ActionButton({ action, label, params, kind, small, name, children }) {
	const host = useHost(), found = actionOf(host, action);
	const [state, run] = useAction(action);
	const words = text(label) || text(found?.title) || text(action);

	if (!found)
		return children ?? null;
	return (
		<span className={cx('og-act', small && 'sm')}>
			<button
				type="button" className={cx('og-btn', oneOf(kind, KINDS, 'plain'), small && 'sm')}
				aria-disabled={state.busy || undefined} aria-label={name && name !== words ? text(name) : undefined}
				title={text(found.summary) || undefined}
				onClick={() => !state.busy && run(isObject(params) ? params : {})}
			>
				{state.busy && <span className="og-spin" />}
				{words}
			</button>
			<Said state={state} />
		</span>
	);
}

function Input({ field, value, bad, id, onChange }) {
	const common = {
		id, className: 'og-in', value, onChange: event => onChange(event.target.value),
		'aria-invalid': bad ? true : undefined,
		'aria-required': field.required || undefined,
		'aria-describedby': cx(bad && `${id}e`, field.help && `${id}h`),
	};

	if (field.type === 'boolean')
		return (
			<input
				{...common} type="checkbox" className="og-check" value="true" checked={value === 'true'}
				onChange={event => onChange(event.target.checked ? 'true' : 'false')}
			/>
		);
	if (field.choices)
		return (
			<select {...common}>
				{(!field.required || value === '') && <option value="">{field.required ? 'Choose' : 'None'}</option>}
				{field.choices.map(choice => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
			</select>
		);
	if (field.long)
		return <textarea {...common} rows={3} maxLength={field.maxLength} />;
	return (
		<input
			{...common} type="text" inputMode={field.mode} maxLength={field.maxLength} autoComplete="off"
		/>
	);
}

function Field({ field, value, bad, id, onChange }) {
	return (
		<div className={cx('og-field', field.type === 'boolean' && 'tick')}>
			<label htmlFor={id}>{field.label}{!field.required && field.type !== 'boolean' && <i> optional</i>}</label>
			<Input field={field} value={value} bad={bad} id={id} onChange={onChange} />
			{bad && <span className="og-err" id={`${id}e`}>{bad}</span>}
			{field.help && <span className="og-hint" id={`${id}h`}>{field.help}</span>}
		</div>
	);
}

// What was wrong is said at its field, and the first such field has the
// cursor.
function Form({ action, found, fields, submit, title }) {
	const [state, run] = useAction(action);
	const [values, setValues] = useState(() => Object.fromEntries(fields.map(field => [field.name, field.value])));
	const [bad, setBad] = useState({});
	const id = useId();
	const words = text(submit) || text(found.title) || text(action);

	function send() {
		const result = checked(fields, values), first = firstBad(fields, result.bad);

		setBad(result.bad);
		if (first >= 0)
			document.getElementById(`${id}f${first}`)?.focus();
		else if (!state.busy)
			run(result.params);
	}
	function onKeyDown(event) {
		if (event.key !== 'Enter' || event.isComposing || event.target.tagName !== 'INPUT')
			return;
		event.preventDefault();
		send();
	}
	return (
		<div className="og-form" role="group" aria-label={text(title) || words} onKeyDown={onKeyDown}>
			{text(title) && <h3>{text(title)}</h3>}
			{fields.map((field, i) => (
				<Field
					key={field.name} field={field} value={values[field.name] ?? ''} bad={bad[field.name]} id={`${id}f${i}`}
					onChange={value => {
						setValues({ ...values, [field.name]: value });
						setBad(changes(bad, field.name));
					}}
				/>
			))}
			<div className="og-row">
				<button type="button" className="og-btn primary" aria-disabled={state.busy || undefined} onClick={send}>
					{state.busy && <span className="og-spin" />}
					{words}
				</button>
				<Said state={state} />
			</div>
		</div>
	);
}

export function ActionForm({ action, title, submit, fields, children }) {
	const found = actionOf(useHost(), action);

	if (!found)
		return children ?? null;
	return (
		<Form
			key={text(action)} action={action} found={found} fields={fieldsOf(found.inputSchema, fields)}
			submit={submit} title={title}
		/>
	);
}
