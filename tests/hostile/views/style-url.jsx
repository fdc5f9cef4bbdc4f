<Stack style={{ background: "url(http://example.com)" }} />
