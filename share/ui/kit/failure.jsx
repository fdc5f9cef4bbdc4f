// When a view cannot be drawn: what happened, in words, and that nothing
// else is touched by it.
import { Component } from 'react';
import { Badge } from './figures.jsx';
import { text } from './values.js';

export function Failure({ title, lead, text: words, detail, children }) {
	return (
		<div className="og-fail">
			<section className="og-card" role="alert">
				<div className="body">
					<Badge text={text(title) || 'View failed'} tone="bad" />
					<h2>{text(lead) || 'This view could not be drawn'}</h2>
					<p>{text(words) || 'The data and everything else are not affected.'}</p>
					{text(detail) && (
						<pre className="og-code" tabIndex={0} role="region" aria-label="What went wrong">{text(detail)}</pre>
					)}
					{children}
				</div>
			</section>
		</div>
	);
}

// Holds a failure where it happened; the rest of the page stays.
export class Boundary extends Component {
	constructor(props) {
		super(props);
		this.state = { error: null };
	}

	static getDerivedStateFromError(error) {
		return { error };
	}

	componentDidCatch(error) {
		this.props.onError?.(error);
	}

	render() {
		const { error } = this.state;

		if (error === null)
			return this.props.children;
		const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);

		return <Failure title="Part failed" lead="This part could not be drawn" detail={words} />;
	}
}
