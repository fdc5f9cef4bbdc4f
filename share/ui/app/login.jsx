// Signing in. Whatever address was asked for stays in the bar, so that one
// gets there afterwards.
import { useEffect, useRef, useState } from 'react';
import { Icon } from './icons.jsx';
import { signIn } from './session.js';
import { Button } from './parts.jsx';

function words(error) {
	if (error.status === 401)
		return 'Wrong address or password.';
	return [error.message, error.hint].filter(Boolean).join('. ');
}

export function Login({ over }) {
	const [said, say] = useState('');
	const [busy, setBusy] = useState(false);
	const mail = useRef(null),
		password = useRef(null);

	useEffect(() => mail.current?.focus(), []);
	async function send(event) {
		event.preventDefault();
		if (busy)
			return;
		const empty = [mail, password].find(field => field.current.value === '');
		if (empty) {
			say('Both are needed.');
			return empty.current.focus();
		}
		say('');
		setBusy(true);
		try {
			await signIn(mail.current.value.trim(), password.current.value);
		} catch (error) {
			setBusy(false);
			say(words(error));
			password.current.value = '';
			password.current.focus();
		}
	}
	return (
		<main className="ap-login">
			<form className="og-card" onSubmit={send} noValidate aria-labelledby="ap-login-title">
				<p className="brand">
					<Icon name="brand" size={22} />
					<b>OmniGate</b>
				</p>
				<h1 id="ap-login-title">Sign in</h1>
				<p className="why">
					{over || 'Everything here runs as you, within what you may see and do.'}
				</p>
				<div className="og-field">
					<label htmlFor="ap-mail">E-mail address</label>
					<input
						id="ap-mail"
						ref={mail}
						className="og-in"
						type="email"
						name="email"
						autoComplete="username"
						autoCapitalize="none"
						spellCheck="false"
						aria-describedby="ap-login-said"
					/>
				</div>
				<div className="og-field">
					<label htmlFor="ap-password">Password</label>
					<input
						id="ap-password"
						ref={password}
						className="og-in"
						type="password"
						name="password"
						autoComplete="current-password"
						aria-describedby="ap-login-said"
					/>
				</div>
				<p id="ap-login-said" className="og-out bad" role="alert">
					{said}
				</p>
				<Button kind="primary" type="submit" busy={busy}>
					Sign in
				</Button>
			</form>
		</main>
	);
}
