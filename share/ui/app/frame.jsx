// What stands around every section: the bar with who one is, the navigation
// (beside the page, or below it on a phone), whether the server is there,
// and the keys.
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { safe } from '../kit/index.js';
import { Icon } from './icons.jsx';
import { go } from './route.js';
import { signOut } from './session.js';
import { read, useStore } from './store.js';
import { switchTheme } from './theme.js';

const BELOW = 4; // so many sections fit beside "More" on a phone

function Link({ section, here, onClick }) {
	const waiting = useStore(state => (section.name === 'approvals' ? state.waiting : 0));
	const broken = useStore(state => section.name === 'ledger' && state.ledger?.ok === false);

	return (
		<a href={`#/${section.name}`} aria-current={here ? 'page' : undefined} onClick={onClick}>
			<Icon name={section.name} size={17} />
			<span>{section.title}</span>
			{waiting > 0 && (
				<b className="count">
					{waiting}
					<i className="vh"> waiting</i>
				</b>
			)}
			{broken && (
				<b className="count bad">
					!<i className="vh"> changed records</i>
				</b>
			)}
		</a>
	);
}

function More({ sections, here }) {
	const [open, setOpen] = useState(false);
	const button = useRef(null);
	const hidden = sections.some(section => section.name === here);

	useEffect(() => setOpen(false), [here]);
	function onKeyDown(event) {
		if (event.key !== 'Escape' || !open)
			return;
		setOpen(false);
		button.current?.focus();
	}
	return (
		<div className="ap-more" onKeyDown={onKeyDown}>
			<button
				type="button"
				ref={button}
				aria-expanded={open}
				aria-controls="ap-more"
				className={hidden ? 'on' : undefined}
				onClick={() => setOpen(!open)}
			>
				<Icon name="more" size={17} />
				<span>More</span>
			</button>
			<div id="ap-more" hidden={!open}>
				{sections.map(section => (
					<Link
						key={section.name}
						section={section}
						here={section.name === here}
						onClick={() => setOpen(false)}
					/>
				))}
			</div>
		</div>
	);
}

function Navigation({ sections, here }) {
	const few = sections.length <= BELOW + 1;
	const shown = few ? sections : sections.slice(0, BELOW),
		rest = few ? [] : sections.slice(BELOW);

	return (
		<nav className="ap-nav" aria-label="Sections">
			{shown.map(section => (
				<Link key={section.name} section={section} here={section.name === here} />
			))}
			<div className="rest">
				{rest.map(section => (
					<Link key={section.name} section={section} here={section.name === here} />
				))}
			</div>
			{rest.length > 0 && <More sections={rest} here={here} />}
		</nav>
	);
}

function Bar() {
	const session = useStore(state => state.session);
	const [problem, setProblem] = useState('');

	async function out() {
		try {
			await signOut();
		} catch (error) {
			setProblem(error.message);
		}
	}
	return (
		<header className="ap-bar">
			<a className="brand" href="#/command" aria-label="OmniGate, to the command box">
				<Icon name="brand" size={20} />
				<b>OmniGate</b>
			</a>
			<span className="where">{safe(session.instance ?? '')}</span>
			<span className="who">
				<b>{safe(session.principal)}</b>
				<span>
					{safe(session.role)}, clearance {session.clearance}
				</span>
			</span>
			<button type="button" className="tool" aria-label="Keys" onClick={showKeys}>
				<Icon name="keys" size={17} />
			</button>
			<button type="button" className="tool" aria-label="Light or dark" onClick={switchTheme}>
				<Icon name="theme" size={17} />
			</button>
			<button
				type="button"
				className="tool"
				aria-label="Sign out"
				title={problem || undefined}
				onClick={out}
			>
				<Icon name="out" size={17} />
			</button>
		</header>
	);
}

// Only after a while: a restart that takes a second is nobody's business.
const PATIENCE = 700;

function Away() {
	const link = useStore(state => state.link);
	const [shown, show] = useState(false);

	useEffect(() => {
		if (link !== 'away') {
			show(false);
			return undefined;
		}
		const timer = setTimeout(() => show(true), PATIENCE);
		return () => clearTimeout(timer);
	}, [link]);
	return (
		<div className="ap-away" role="status">
			{shown && (
				<p>
					<Icon name="away" size={16} />
					<span>
						<b>The server is away.</b> Trying again. What you see stays, and what runs goes on.
					</span>
				</p>
			)}
		</div>
	);
}

const KEYS = [
	['/', 'to the command box'],
	['\u2191 \u2193', 'in the command box: what you typed before'],
	[
		'g then a letter',
		'go to a section: c command, t tasks, a approvals, l ledger, e explore, b budgets, s services',
	],
	['?', 'these keys'],
	['Esc', 'close what is open'],
];

export function showKeys() {
	document.getElementById('ap-keys')?.showModal();
}

function Keys() {
	return (
		<dialog id="ap-keys" className="sh-dialog" aria-labelledby="ap-keys-title">
			<header>
				<h2 id="ap-keys-title">Keys</h2>
			</header>
			<div className="in">
				<dl className="sh-kv">
					{KEYS.map(([key, words]) => [
						<dt key={key}>
							<kbd>{key}</kbd>
						</dt>,
						<dd key={words}>{words}</dd>,
					])}
				</dl>
			</div>
			<footer>
				<button
					type="button"
					className="sh-btn"
					autoFocus
					onClick={() => document.getElementById('ap-keys').close()}
				>
					Close
				</button>
			</footer>
		</dialog>
	);
}

const typing = target => target.closest?.('input, textarea, select, [contenteditable]');

// The command box, where it is on the page.
function focusBox() {
	const box = document.getElementById('ap-command');

	box?.focus();
	return Boolean(box);
}

// g, then the first letter of a section, within a second; / calls wanted. It
// listens before the page is painted: who sees a page may use its keys.
function useKeys(sections, wanted) {
	useLayoutEffect(() => {
		let before = -Infinity;

		function pressed(event) {
			if (
				event.ctrlKey ||
				event.metaKey ||
				event.altKey ||
				typing(event.target) ||
				document.querySelector('dialog[open]')
			)
				return;
			if (performance.now() - before < 1000) {
				const section = sections.find(one => one.name[0] === event.key);
				before = -Infinity;
				if (section)
					go(section.name);
				return;
			}
			if (event.key === '/') {
				event.preventDefault();
				event.stopImmediatePropagation(); // a table's filter has this key elsewhere
				wanted();
			} else if (event.key === '?') {
				showKeys();
			} else if (event.key === 'g') {
				before = performance.now();
			}
		}
		addEventListener('keydown', pressed, true);
		return () => removeEventListener('keydown', pressed, true);
	}, [sections]);
}

export function Frame({ sections, here, children }) {
	const title = sections.find(section => section.name === here)?.title ?? 'OmniGate';
	const content = useRef(null),
		first = useRef(true),
		boxWanted = useRef(false);

	// In another section the box is there only when this one is drawn.
	useKeys(sections, () => {
		boxWanted.current = !focusBox();
		go('command');
	});
	useEffect(() => {
		document.title = `${title} \u00b7 ${read().session?.instance || 'OmniGate'}`;
		if (boxWanted.current)
			focusBox();
		else if (!first.current && document.activeElement?.id !== 'ap-command')
			content.current?.focus();
		first.current = boxWanted.current = false;
		scrollTo(0, 0);
	}, [here, title]);
	return (
		<div className="ap-app">
			<a
				className="ap-skip"
				href="#content"
				onClick={event => {
					event.preventDefault();
					content.current?.focus();
				}}
			>
				To the content
			</a>
			<Bar />
			<Away />
			<div className="ap-body">
				<Navigation sections={sections} here={here} />
				<div className="ap-content" id="content" ref={content} tabIndex={-1}>
					{children}
				</div>
			</div>
			<Keys />
		</div>
	);
}
