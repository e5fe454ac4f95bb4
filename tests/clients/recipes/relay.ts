import {
  Environment, fetchQuery, graphql, Network, Observable, RecordSource, requestSubscription, Store,
} from "relay-runtime";
import type { GraphQLResponse, RequestParameters } from "relay-runtime";

import type { relayInboxQuery } from "./__generated__/relayInboxQuery.graphql";
import type { relayMessagesSubscription } from "./__generated__/relayMessagesSubscription.graphql";
import { authorization, url } from "./gateway";
import { subscribe } from "./live";

// With `persistConfig` an operation has an id and no text.
const documentOf = ({ id, text }: RequestParameters) => (id ? { query: "", documentId: id } : { query: text! });

const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(
    async (request, variables) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization, "Content-Type": "application/json", Accept: "application/graphql-response+json" },
        body: JSON.stringify({ ...documentOf(request), variables }),
      });
      return response.json();
    },
    (request, variables) =>
      Observable.create<GraphQLResponse>((sink) =>
        subscribe(documentOf(request), variables, {
          next: (answer) => sink.next(answer as GraphQLResponse),
          error: (problem) => sink.error(problem as Error),
          complete: () => sink.complete(),
        }),
      ),
  ),
});

const inbox = graphql`
  query relayInboxQuery($first: Int!) {
    conversations(first: $first) {
      edges {
        node {
          id
          lead {
            name
          }
        }
      }
    }
  }
`;
const answer = await fetchQuery<relayInboxQuery>(environment, inbox, { first: 1 }).toPromise();
console.log(answer!.conversations.edges[0]!.node.lead.name);

requestSubscription<relayMessagesSubscription>(environment, {
  subscription: graphql`
    subscription relayMessagesSubscription($after: String) {
      messageAdded(after: $after) {
        cursor
        message {
          id
          content
        }
      }
    }
  `,
  variables: {},
  onError: (problem) => console.error(problem),
  onNext(event) {
    console.log(event!.messageAdded.message.content);
    process.exit();
  },
});
