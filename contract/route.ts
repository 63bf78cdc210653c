/** The methods that an endpoint may have; HEAD is answered where GET is. */
export type EndpointMethod = "DELETE" | "GET" | "PATCH" | "POST" | "PUT";

/** Method and path of an endpoint: `GET /items/:id`. */
export type EndpointRoute = `${EndpointMethod} /${string}`;

/** The names of a route's parameters, as a union. */
export type ParamNames<Route extends string> = Route extends `${string}/:${infer Rest}`
  ? ParamName<Rest> | ParamNames<Rest>
  : never;

/** The name of the parameter that a text begins with. */
export type ParamName<Text extends string> = Text extends `${infer Segment}/${string}`
  ? WithoutPattern<Segment>
  : WithoutPattern<Text>;

/** A segment without its regular expression. */
export type WithoutPattern<Segment extends string> = Segment extends `${infer Name}{${string}` ? Name
  : Segment;
