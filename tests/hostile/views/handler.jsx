<Text onClick={() => fetch("http://example.com")}>a</Text>
