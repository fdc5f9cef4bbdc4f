<Page><Stack><Page title="forged"/></Stack></Page>
